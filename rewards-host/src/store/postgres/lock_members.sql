SELECT json_build_object('user_id', user_id, 'status', status, 'facts', facts, 'version', version, 'history_seq', history_seq,
    'history_head', history_head, 'outbox_seq', outbox_seq, 'counted', counted, 'counted_due', (SELECT seq FROM counter_fill_last), 'wrapped', wrapped, 'master_key', master_key, 'now', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text
FROM (SELECT * FROM members WHERE user_id = ANY (ARRAY(SELECT json_array_elements_text($1::json))) ORDER BY user_id FOR UPDATE) AS m
LEFT JOIN LATERAL (SELECT wrapped, master_key FROM member_keys AS k WHERE k.user_id = m.user_id LIMIT 1) AS k ON true
ORDER BY user_id
