SELECT json_build_object('user_id', user_id, 'status', status, 'facts', facts, 'version', version, 'counted', counted, 'wrapped', wrapped, 'master_key', master_key, 'now', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text
FROM members LEFT JOIN member_keys USING (user_id)
WHERE user_id = $1::json #>> '{}'
