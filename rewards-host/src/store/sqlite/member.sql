SELECT json_object('user_id', user_id, 'status', status, 'facts', facts, 'version', version, 'counted', counted, 'wrapped', wrapped, 'master_key', master_key, 'now', strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
FROM members LEFT JOIN member_keys USING (user_id)
WHERE user_id = ?1 ->> '$'
