COPY access_log (id, subject, roles, method, path, status, request_id, address, created_at)
FROM STDIN (FORMAT csv, FORCE_NOT_NULL (roles, method, path, request_id, address))
