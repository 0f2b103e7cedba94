SELECT json_object('user_id', user_id, 'program', program, 'lot_key', lot_key, 'points_earned', points_earned, 'points_available', points_available, 'points_pending', points_pending, 'points_redeemed', points_redeemed, 'points_expired', points_expired, 'points_reversed', points_reversed, 'points_moved', points_moved)
FROM reward_points WHERE user_id IN (SELECT value FROM json_each(?1))
