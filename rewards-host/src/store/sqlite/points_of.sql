SELECT json_object('program', program, 'points_earned', sum(points_earned), 'points_redeemed', sum(points_redeemed), 'points_expired', sum(points_expired), 'points_reversed', sum(points_reversed), 'points_moved', sum(points_moved))
FROM reward_points WHERE user_id = ?1 ->> '$'
GROUP BY program
