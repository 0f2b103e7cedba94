SELECT json_object('user_id', user_id, 'program', program, 'lot_key', lot_key, 'seq', seq, 'source_type', source_type, 'source_id', source_id, 'points_earned', points_earned, 'points_available', points_available, 'points_pending', points_pending, 'points_redeemed', points_redeemed, 'points_expired', points_expired, 'points_reversed', points_reversed, 'points_moved', points_moved, 'spendable_date', spendable_date, 'expiry_date', expiry_date, 'rule_set', rule_set, 'created_at', created_at)
FROM reward_points
WHERE user_id IN (SELECT value FROM json_each(?1))
ORDER BY user_id, seq
