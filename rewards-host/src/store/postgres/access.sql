SELECT json_build_object('id', id, 'subject', subject, 'roles', roles, 'method', method, 'path', path, 'status', status, 'request_id', request_id,
    'address', address, 'created_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text
FROM access_log
WHERE ($1::json ->> 'before' IS NULL OR id < ($1::json ->> 'before')::uuid)
  AND ($1::json ->> 'subject' IS NULL OR subject = $1::json ->> 'subject')
  AND ($1::json ->> 'from_status' IS NULL OR status >= ($1::json ->> 'from_status')::integer)
ORDER BY id DESC
LIMIT ($1::json ->> 'limit')::integer
