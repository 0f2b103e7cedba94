SELECT json_object('user_id', user_id, 'program', program, 'metadata', metadata, 'occurred_at', occurred_at)
FROM reward_history
WHERE user_id IN (SELECT value FROM json_each(?1)) AND action_type = 'opening'
