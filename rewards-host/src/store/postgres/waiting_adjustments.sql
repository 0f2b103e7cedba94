SELECT json_build_object('id', id::text, 'user_id', user_id, 'program', program, 'points', points, 'expires_on', expires_on::text, 'reason', reason, 'asked_by', asked_by,
    'state', state, 'approved_by', approved_by, 'created_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text
FROM pending_adjustments
WHERE state = 'waiting'
ORDER BY created_at, id
LIMIT ($1::json #>> '{}')::bigint
