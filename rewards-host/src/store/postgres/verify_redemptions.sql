SELECT json_build_object('user_id', r.user_id, 'id', r.id::text, 'program', r.program, 'redemption_type', r.redemption_type, 'status', r.status, 'points_used', r.points_used::text, 'record', r.record, 'occurred_at', to_char(r.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'lots', coalesce((SELECT json_agg(json_build_object('lot', l.lot_key, 'points', l.points::text) ORDER BY l.lot_key) FROM redemption_lots AS l WHERE l.redemption_id = r.id), '[]'))::text
FROM reward_redemptions AS r WHERE r.user_id = ANY (ARRAY(SELECT json_array_elements_text($1::json)))
