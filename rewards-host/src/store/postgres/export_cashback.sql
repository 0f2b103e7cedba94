SELECT json_build_object('id', id::text, 'user_id', user_id, 'transaction_id', transaction_id, 'program', program, 'position', position, 'cashback_type', cashback_type, 'component', component, 'rule_id', rule_id, 'campaign_id', campaign_id, 'category', category, 'tier', tier, 'currency', currency, 'transaction_amount', transaction_amount::text, 'cashback_percentage', cashback_percentage::text, 'cashback_amount', cashback_amount::text, 'status', status, 'rule_set', rule_set, 'occurred_at', to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'created_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text
FROM cashback_transactions
WHERE id > ($1::json #>> '{}')::uuid
ORDER BY id
LIMIT 500
