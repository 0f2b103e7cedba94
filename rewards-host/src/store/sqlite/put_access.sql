INSERT INTO access_log (id, subject, roles, method, path, status, request_id, address, created_at)
SELECT value ->> 'id', value ->> 'subject', value ->> 'roles', value ->> 'method', value ->> 'path', value ->> 'status',
       value ->> 'request_id', value ->> 'address', value ->> 'created_at'
FROM json_each(?1)
WHERE true
ON CONFLICT DO NOTHING
