INSERT INTO reward_points (id, user_id, program, lot_key, seq, points_earned, points_available, points_pending, points_redeemed, points_expired, points_reversed, points_moved, counted_expired, source_type, source_id, spendable_date, expiry_date, rule_set, occurred_at, created_at)
SELECT id, user_id, program, lot_key, seq, points_earned, points_available, points_pending, points_redeemed, points_expired, points_reversed, points_moved, counted_expired, source_type, source_id, spendable_date, expiry_date, rule_set, occurred_at, created_at
FROM json_to_recordset($1::json) AS r (id uuid, user_id text, program text, lot_key text, seq bigint, points_earned numeric, points_available numeric, points_pending numeric, points_redeemed numeric, points_expired numeric, points_reversed numeric, points_moved numeric, counted_expired numeric, source_type text, source_id text, spendable_date date, expiry_date date, rule_set text, occurred_at timestamptz, created_at timestamptz)
ON CONFLICT (user_id, program, lot_key) DO UPDATE SET
    points_available = excluded.points_available, points_pending = excluded.points_pending,
    points_redeemed = excluded.points_redeemed, points_expired = excluded.points_expired,
    points_reversed = excluded.points_reversed, points_moved = excluded.points_moved,
    counted_expired = excluded.counted_expired
