SELECT json_object('id', id, 'user_id', user_id, 'program', program, 'lot_key', lot_key, 'seq', seq, 'points_earned', points_earned, 'points_available', points_available, 'points_pending', points_pending, 'points_redeemed', points_redeemed, 'points_expired', points_expired, 'points_reversed', points_reversed, 'points_moved', points_moved, 'counted_expired', counted_expired, 'source_type', source_type, 'source_id', source_id, 'spendable_date', spendable_date, 'expiry_date', expiry_date)
FROM reward_points WHERE user_id = ?1 ->> '$'
ORDER BY program, seq
