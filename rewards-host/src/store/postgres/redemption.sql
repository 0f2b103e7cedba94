SELECT json_build_object('id', r.id::text, 'user_id', user_id, 'program', program, 'redemption_type', r.redemption_type, 'points_used', r.points_used::text, 'cash_value', r.cash_value::text,
    'currency', r.currency, 'status', r.status, 'redemption_details', r.redemption_details, 'wrapped', k.wrapped, 'master_key', k.master_key,
    'money_decimals', p.money_decimals, 'points_decimals', p.points_decimals, 'created_at', to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'processed_at', to_char(r.processed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text
FROM reward_redemptions r
JOIN programs p USING (program)
LEFT JOIN member_keys k USING (user_id)
WHERE r.id = ($1::json #>> '{}')::uuid
