SELECT json_object('id', id, 'user_id', user_id, 'program', program, 'points', points, 'expires_on', expires_on, 'reason', reason, 'asked_by', asked_by,
    'state', state, 'approved_by', approved_by, 'created_at', created_at)
FROM pending_adjustments
WHERE id = ?1 ->> '$'
