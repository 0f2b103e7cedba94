SELECT json_build_object('scope', scope, 'key', key, 'request_sha256', request_sha256, 'user_id', user_id, 'answer', answer)::text
FROM idempotency_keys
WHERE (scope, key) IN (SELECT scope, key FROM json_to_recordset($1::json) AS r (scope text, key text))
