INSERT INTO pending_adjustments (id, user_id, program, points, expires_on, reason, asked_by, created_at)
SELECT id, user_id, program, points, expires_on, reason, asked_by, created_at
FROM json_to_recordset($1::json) AS r (id uuid, user_id text, program text, points text, expires_on date, reason text, asked_by text, created_at timestamptz)
