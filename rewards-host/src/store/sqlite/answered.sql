SELECT json_object('scope', k.scope, 'key', k.key, 'request_sha256', request_sha256, 'user_id', user_id, 'answer', answer)
FROM json_each(?1) AS r
JOIN idempotency_keys k ON k.scope = r.value ->> 'scope' AND k.key = r.value ->> 'key'
