SELECT json_build_object('user_id', user_id, 'program', program, 'lot_key', lot_key, 'seq', seq, 'source_type', source_type, 'source_id', source_id, 'points_earned', points_earned::text, 'points_available', points_available::text, 'points_pending', points_pending::text, 'points_redeemed', points_redeemed::text, 'points_expired', points_expired::text, 'points_reversed', points_reversed::text, 'points_moved', points_moved::text, 'spendable_date', spendable_date::text, 'expiry_date', expiry_date::text, 'rule_set', rule_set, 'created_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text
FROM reward_points
WHERE user_id = ANY (ARRAY(SELECT json_array_elements_text($1::json)))
ORDER BY user_id, seq
