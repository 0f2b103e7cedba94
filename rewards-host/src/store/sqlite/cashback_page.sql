SELECT json_object('id', c.id, 'transaction_id', c.transaction_id, 'program', program, 'transaction_amount', c.transaction_amount, 'cashback_percentage', c.cashback_percentage,
    'cashback_amount', c.cashback_amount, 'cashback_type', c.cashback_type, 'component', c.component, 'rule_id', c.rule_id, 'campaign_id', c.campaign_id, 'category', c.category,
    'tier', c.tier, 'currency', c.currency, 'status', c.status, 'money_decimals', p.money_decimals, 'occurred_at', c.occurred_at,
    'processed_at', c.processed_at, 'created_at', c.created_at)
FROM cashback_transactions c
JOIN programs p USING (program)
WHERE c.user_id = ?1 ->> 'user_id'
  AND (?1 ->> 'from' IS NULL OR c.occurred_at >= ?1 ->> 'from')
  AND (?1 ->> 'to' IS NULL OR c.occurred_at < ?1 ->> 'to')
  AND (?1 ->> 'status' IS NULL OR c.status = ?1 ->> 'status')
  AND (?1 ->> 'campaign_id' IS NULL OR c.campaign_id = ?1 ->> 'campaign_id')
ORDER BY c.created_at DESC, c.id DESC
LIMIT ?1 ->> 'limit' OFFSET ?1 ->> 'offset'
