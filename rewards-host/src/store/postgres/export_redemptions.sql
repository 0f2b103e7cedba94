SELECT json_build_object('id', id::text, 'user_id', user_id, 'program', program, 'redemption_type', redemption_type, 'points_used', points_used::text, 'cash_value', cash_value::text, 'currency', currency, 'status', status, 'rule_set', rule_set, 'occurred_at', to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'processed_at', to_char(processed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'created_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text
FROM reward_redemptions
WHERE user_id = ANY (ARRAY(SELECT json_array_elements_text($1::json)))
ORDER BY user_id, id
