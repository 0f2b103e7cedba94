SELECT json_object('id', id, 'subject', subject, 'roles', roles, 'method', method, 'path', path, 'status', status, 'request_id', request_id,
    'address', address, 'created_at', created_at)
FROM access_log
WHERE (?1 ->> 'before' IS NULL OR id < ?1 ->> 'before')
  AND (?1 ->> 'subject' IS NULL OR subject = ?1 ->> 'subject')
  AND (?1 ->> 'from_status' IS NULL OR status >= ?1 ->> 'from_status')
ORDER BY id DESC
LIMIT ?1 ->> 'limit'
