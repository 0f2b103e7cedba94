INSERT INTO pending_adjustments (id, user_id, program, points, expires_on, reason, asked_by, created_at)
SELECT value ->> 'id',
       value ->> 'user_id',
       value ->> 'program',
       value ->> 'points',
       value ->> 'expires_on',
       value ->> 'reason',
       value ->> 'asked_by',
       value ->> 'created_at'
FROM json_each(?1)
WHERE true
