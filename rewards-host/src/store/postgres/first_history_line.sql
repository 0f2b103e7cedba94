SELECT json_build_object('now', to_char(min(created_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text
FROM reward_history
WHERE $1::json IS NOT NULL
HAVING min(created_at) IS NOT NULL
