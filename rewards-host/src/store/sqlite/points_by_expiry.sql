SELECT json_object('month', substr(expiry_date, 1, 7), 'is_past', json(CASE WHEN expiry_date < ?1 ->> 'today' THEN 'true' ELSE 'false' END),
    'earned', sum(points_earned), 'available', sum(points_available), 'pending', sum(points_pending), 'redeemed', sum(points_redeemed), 'expired', sum(points_expired), 'reversed', sum(points_reversed), 'moved', sum(points_moved))
FROM reward_points
WHERE program = ?1 ->> 'program'
GROUP BY substr(expiry_date, 1, 7), CASE WHEN expiry_date < ?1 ->> 'today' THEN 'true' ELSE 'false' END
ORDER BY substr(expiry_date, 1, 7)
