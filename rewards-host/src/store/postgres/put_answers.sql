INSERT INTO idempotency_keys (scope, key, request_sha256, user_id, answer, created_at)
SELECT scope, key, request_sha256, user_id, answer, created_at
FROM json_to_recordset($1::json) AS r (scope text, key text, request_sha256 text, user_id text, answer text, created_at timestamptz)
