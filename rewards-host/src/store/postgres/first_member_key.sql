SELECT json_build_object('user_id', user_id, 'wrapped', wrapped, 'master_key', master_key)::text
FROM member_keys
WHERE $1::json IS NOT NULL
ORDER BY user_id
LIMIT 1
