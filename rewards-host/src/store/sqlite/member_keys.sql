SELECT json_object('user_id', user_id, 'wrapped', wrapped, 'master_key', master_key)
FROM member_keys WHERE user_id IN (SELECT value FROM json_each(?1))
