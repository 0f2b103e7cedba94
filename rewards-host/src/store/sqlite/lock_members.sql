SELECT json_object('user_id', user_id, 'status', status, 'facts', facts, 'version', version, 'history_seq', history_seq,
    'history_head', history_head, 'outbox_seq', outbox_seq, 'counted', counted, 'counted_due', (SELECT seq FROM counter_fill_last), 'wrapped', wrapped, 'master_key', master_key, 'now', strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
FROM members
LEFT JOIN member_keys USING (user_id)
WHERE user_id IN (SELECT value FROM json_each(?1))
ORDER BY user_id
