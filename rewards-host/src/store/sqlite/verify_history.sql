SELECT json_object('user_id', user_id, 'seq', seq, 'program', program, 'action_type', action_type, 'points_change', points_change, 'cashback_change', cashback_change, 'currency', currency, 'rule_set', rule_set, 'description', description, 'metadata', metadata, 'chain', chain, 'occurred_at', occurred_at, 'created_at', created_at)
FROM reward_history
WHERE (user_id, seq) > (?1 ->> 'user_id', ?1 ->> 'seq')
ORDER BY user_id, seq
LIMIT 500
