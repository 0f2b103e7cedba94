SELECT json_object('user_id', user_id, 'wrapped', wrapped, 'master_key', master_key)
FROM member_keys
WHERE ?1 IS NOT NULL
ORDER BY user_id
LIMIT 1
