SELECT json_build_object('program', program, 'points_earned', sum(points_earned)::text, 'points_redeemed', sum(points_redeemed)::text, 'points_expired', sum(points_expired)::text, 'points_reversed', sum(points_reversed)::text, 'points_moved', sum(points_moved)::text)::text
FROM reward_points WHERE user_id = $1::json #>> '{}'
GROUP BY program
