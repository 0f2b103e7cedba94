SELECT json_build_object('id', c.id::text, 'transaction_id', c.transaction_id, 'program', program, 'transaction_amount', c.transaction_amount::text, 'cashback_percentage', c.cashback_percentage::text,
    'cashback_amount', c.cashback_amount::text, 'cashback_type', c.cashback_type, 'component', c.component, 'rule_id', c.rule_id, 'campaign_id', c.campaign_id, 'category', c.category,
    'tier', c.tier, 'currency', c.currency, 'status', c.status, 'money_decimals', p.money_decimals, 'occurred_at', to_char(c.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'processed_at', to_char(c.processed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'created_at', to_char(c.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text
FROM cashback_transactions c
JOIN programs p USING (program)
WHERE c.user_id = $1::json ->> 'user_id'
  AND ($1::json ->> 'from' IS NULL OR c.occurred_at >= ($1::json ->> 'from')::timestamptz)
  AND ($1::json ->> 'to' IS NULL OR c.occurred_at < ($1::json ->> 'to')::timestamptz)
  AND ($1::json ->> 'status' IS NULL OR c.status = $1::json ->> 'status')
  AND ($1::json ->> 'campaign_id' IS NULL OR c.campaign_id = $1::json ->> 'campaign_id')
ORDER BY c.created_at DESC, c.id DESC
LIMIT ($1::json ->> 'limit')::bigint OFFSET ($1::json ->> 'offset')::bigint
