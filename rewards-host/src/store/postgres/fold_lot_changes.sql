WITH taken AS (
    DELETE FROM lot_changes
    WHERE id IN (SELECT id FROM lot_changes WHERE $1::json IS NOT NULL ORDER BY id LIMIT ($1::json #>> '{}')::bigint FOR UPDATE SKIP LOCKED)
    RETURNING *
)
INSERT INTO lot_sums AS s (program, expires, earned, available, pending, redeemed, expired, reversed, moved)
SELECT program, expires, sum(earned), sum(available), sum(pending), sum(redeemed), sum(expired), sum(reversed), sum(moved)
FROM taken
GROUP BY program, expires
ORDER BY program, expires
ON CONFLICT (program, expires) DO UPDATE SET
    earned = s.earned + excluded.earned, available = s.available + excluded.available, pending = s.pending + excluded.pending, redeemed = s.redeemed + excluded.redeemed, expired = s.expired + excluded.expired, reversed = s.reversed + excluded.reversed, moved = s.moved + excluded.moved
