SELECT json_object('id', id, 'user_id', user_id, 'program', program, 'redemption_type', redemption_type, 'points_used', points_used, 'cash_value', cash_value, 'currency', currency, 'status', status, 'rule_set', rule_set, 'occurred_at', occurred_at, 'processed_at', processed_at, 'created_at', created_at)
FROM reward_redemptions
WHERE user_id IN (SELECT value FROM json_each(?1))
ORDER BY user_id, id
