SELECT json_build_object('now', to_char(watermark AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text FROM analytics_state WHERE $1::json IS NOT NULL
FOR UPDATE
