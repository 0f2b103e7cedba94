SELECT json_object('user_id', user_id, 'seq', max(seq), 'chain', chain)
FROM reward_history
WHERE created_at >= ?1 ->> 'from' AND created_at < ?1 ->> 'until'
GROUP BY user_id
