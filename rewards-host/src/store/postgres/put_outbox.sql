INSERT INTO outbox (id, user_id, seq, type, payload, created_at)
SELECT id, user_id, seq, type, payload, created_at
FROM json_to_recordset($1::json) AS r (id uuid, user_id text, seq bigint, type text, payload text, created_at timestamptz)
