INSERT INTO reward_points (id, user_id, program, lot_key, seq, points_earned, points_available, points_pending, points_redeemed, points_expired, points_reversed, points_moved, counted_expired, source_type, source_id, spendable_date, expiry_date, rule_set, occurred_at, created_at)
SELECT value ->> 'id',
       value ->> 'user_id',
       value ->> 'program',
       value ->> 'lot_key',
       value ->> 'seq',
       CAST(replace(value ->> 'points_earned', '.', '') AS INTEGER),
       CAST(replace(value ->> 'points_available', '.', '') AS INTEGER),
       CAST(replace(value ->> 'points_pending', '.', '') AS INTEGER),
       CAST(replace(value ->> 'points_redeemed', '.', '') AS INTEGER),
       CAST(replace(value ->> 'points_expired', '.', '') AS INTEGER),
       CAST(replace(value ->> 'points_reversed', '.', '') AS INTEGER),
       CAST(replace(value ->> 'points_moved', '.', '') AS INTEGER),
       CAST(replace(value ->> 'counted_expired', '.', '') AS INTEGER),
       value ->> 'source_type',
       value ->> 'source_id',
       value ->> 'spendable_date',
       value ->> 'expiry_date',
       value ->> 'rule_set',
       value ->> 'occurred_at',
       value ->> 'created_at'
FROM json_each(?1)
WHERE true
ON CONFLICT (user_id, program, lot_key) DO UPDATE SET
    points_available = excluded.points_available, points_pending = excluded.points_pending,
    points_redeemed = excluded.points_redeemed, points_expired = excluded.points_expired,
    points_reversed = excluded.points_reversed, points_moved = excluded.points_moved,
    counted_expired = excluded.counted_expired
