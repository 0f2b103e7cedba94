SELECT json_object('id', r.id, 'user_id', user_id, 'program', program, 'redemption_type', r.redemption_type, 'points_used', r.points_used, 'cash_value', r.cash_value,
    'currency', r.currency, 'status', r.status, 'redemption_details', r.redemption_details, 'wrapped', k.wrapped, 'master_key', k.master_key,
    'money_decimals', p.money_decimals, 'points_decimals', p.points_decimals, 'created_at', r.created_at, 'processed_at', r.processed_at)
FROM reward_redemptions r
JOIN programs p USING (program)
LEFT JOIN member_keys k USING (user_id)
WHERE r.id = ?1 ->> '$'
