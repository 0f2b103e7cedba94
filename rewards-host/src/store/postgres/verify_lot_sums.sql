WITH told AS (
    SELECT program, expires, sum(earned) AS earned, sum(available) AS available, sum(pending) AS pending, sum(redeemed) AS redeemed, sum(expired) AS expired, sum(reversed) AS reversed, sum(moved) AS moved
    FROM (SELECT program, expires, earned, available, pending, redeemed, expired, reversed, moved FROM lot_sums UNION ALL SELECT program, expires, earned, available, pending, redeemed, expired, reversed, moved FROM lot_changes) AS lots
    GROUP BY program, expires
), due AS (
    SELECT program, coalesce(to_char(expiry_date, 'YYYY-MM-DD'), '') AS expires, sum(points_earned) AS earned, sum(points_available) AS available, sum(points_pending) AS pending, sum(points_redeemed) AS redeemed, sum(points_expired) AS expired, sum(points_reversed) AS reversed, sum(points_moved) AS moved
    FROM reward_points
    GROUP BY 1, 2
), both_sides AS (
    SELECT program, expires, coalesce(told.earned, 0) AS told_earned, coalesce(due.earned, 0) AS due_earned, coalesce(told.available, 0) AS told_available, coalesce(due.available, 0) AS due_available, coalesce(told.pending, 0) AS told_pending, coalesce(due.pending, 0) AS due_pending, coalesce(told.redeemed, 0) AS told_redeemed, coalesce(due.redeemed, 0) AS due_redeemed, coalesce(told.expired, 0) AS told_expired, coalesce(due.expired, 0) AS due_expired, coalesce(told.reversed, 0) AS told_reversed, coalesce(due.reversed, 0) AS due_reversed, coalesce(told.moved, 0) AS told_moved, coalesce(due.moved, 0) AS due_moved
    FROM told FULL JOIN due USING (program, expires)
)
SELECT json_build_object('key', program || ', lots that expire ' || coalesce(nullif(expires, ''), 'never'),
    'found', concat_ws(' ', told_earned, told_available, told_pending, told_redeemed, told_expired, told_reversed, told_moved), 'due', concat_ws(' ', due_earned, due_available, due_pending, due_redeemed, due_expired, due_reversed, due_moved))::text
FROM both_sides
WHERE $1::json IS NOT NULL AND (told_earned, told_available, told_pending, told_redeemed, told_expired, told_reversed, told_moved) <> (due_earned, due_available, due_pending, due_redeemed, due_expired, due_reversed, due_moved)
ORDER BY program, expires
