SELECT json_object('id', id, 'user_id', user_id, 'program', program, 'lot_key', lot_key, 'seq', seq, 'points_earned', points_earned, 'points_available', points_available, 'points_pending', points_pending, 'points_redeemed', points_redeemed, 'points_expired', points_expired, 'points_reversed', points_reversed, 'points_moved', points_moved, 'counted_expired', counted_expired, 'source_type', source_type, 'source_id', source_id, 'spendable_date', spendable_date, 'expiry_date', expiry_date)
FROM reward_points
WHERE (user_id IN (SELECT value FROM json_each(?1, '$.members'))
       AND (points_available > 0 OR points_pending > 0
            OR source_id IN (SELECT value FROM json_each(?1, '$.sources'))
            OR lot_key IN (SELECT value FROM json_each(?1, '$.lots'))))
   OR (user_id IN (SELECT value FROM json_each(?1, '$.buyers'))
       AND (points_pending > 0 OR (points_available > 0 AND expiry_date < json_extract(?1, '$.over_on'))))
ORDER BY user_id, seq
