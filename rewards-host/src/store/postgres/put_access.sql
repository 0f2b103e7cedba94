INSERT INTO access_log (id, subject, roles, method, path, status, request_id, address, created_at)
SELECT id, subject, roles, method, path, status, request_id, address, created_at
FROM json_to_recordset($1::json) AS r (id uuid, subject text, roles text, method text, path text, status integer, request_id text, address text, created_at timestamptz)
ON CONFLICT DO NOTHING
