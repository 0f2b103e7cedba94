SELECT json_build_object('now', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text WHERE $1::json IS NOT NULL
