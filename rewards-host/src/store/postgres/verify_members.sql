SELECT json_build_object('user_id', user_id, 'history_seq', history_seq, 'history_head', history_head, 'outbox_seq', outbox_seq, 'counted', counted, 'wrapped', wrapped, 'master_key', master_key)::text
FROM members LEFT JOIN member_keys USING (user_id)
WHERE user_id > $1::json #>> '{}'
ORDER BY user_id
LIMIT 200
