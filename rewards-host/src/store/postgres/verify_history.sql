SELECT json_build_object('user_id', user_id, 'seq', seq, 'program', program, 'action_type', action_type, 'points_change', points_change::text, 'cashback_change', cashback_change::text, 'currency', currency, 'rule_set', rule_set, 'description', description, 'metadata', metadata, 'chain', chain, 'occurred_at', to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'created_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text
FROM reward_history
WHERE (user_id, seq) > ($1::json ->> 'user_id', ($1::json ->> 'seq')::bigint)
ORDER BY user_id, seq
LIMIT 500
