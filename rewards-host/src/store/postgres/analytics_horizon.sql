SELECT json_build_object('now', to_char(least(statement_timestamp(), min(xact_start)) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'hidden', count(*) FILTER (WHERE query = '<insufficient privilege>'))::text
FROM pg_stat_activity
WHERE $1::json IS NOT NULL AND datname = current_database() AND pid <> pg_backend_pid()
  AND (xact_start IS NOT NULL OR (query = '<insufficient privilege>' AND application_name = 'rewards'))
