SELECT DISTINCT ON (user_id) json_build_object('user_id', user_id, 'seq', seq, 'chain', chain)::text
FROM reward_history
WHERE created_at >= ($1::json ->> 'from')::timestamptz AND created_at < ($1::json ->> 'until')::timestamptz
ORDER BY user_id, seq DESC
