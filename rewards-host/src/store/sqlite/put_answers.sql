INSERT INTO idempotency_keys (scope, key, request_sha256, user_id, answer, created_at)
SELECT value ->> 'scope',
       value ->> 'key',
       value ->> 'request_sha256',
       value ->> 'user_id',
       value ->> 'answer',
       value ->> 'created_at'
FROM json_each(?1)
WHERE true
