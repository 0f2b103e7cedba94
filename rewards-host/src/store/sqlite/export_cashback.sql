SELECT json_object('id', id, 'user_id', user_id, 'transaction_id', transaction_id, 'program', program, 'position', position, 'cashback_type', cashback_type, 'component', component, 'rule_id', rule_id, 'campaign_id', campaign_id, 'category', category, 'tier', tier, 'currency', currency, 'transaction_amount', transaction_amount, 'cashback_percentage', cashback_percentage, 'cashback_amount', cashback_amount, 'status', status, 'rule_set', rule_set, 'occurred_at', occurred_at, 'created_at', created_at)
FROM cashback_transactions
WHERE id > ?1 ->> '$'
ORDER BY id
LIMIT 500
