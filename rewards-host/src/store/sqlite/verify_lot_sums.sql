WITH due AS (
    SELECT program, coalesce(expiry_date, '') AS expires, sum(points_earned) AS earned, sum(points_available) AS available, sum(points_pending) AS pending, sum(points_redeemed) AS redeemed, sum(points_expired) AS expired, sum(points_reversed) AS reversed, sum(points_moved) AS moved
    FROM reward_points
    GROUP BY 1, 2
), both_sides AS (
    SELECT program, expires, coalesce(told.earned, 0) AS told_earned, coalesce(due.earned, 0) AS due_earned, coalesce(told.available, 0) AS told_available, coalesce(due.available, 0) AS due_available, coalesce(told.pending, 0) AS told_pending, coalesce(due.pending, 0) AS due_pending, coalesce(told.redeemed, 0) AS told_redeemed, coalesce(due.redeemed, 0) AS due_redeemed, coalesce(told.expired, 0) AS told_expired, coalesce(due.expired, 0) AS due_expired, coalesce(told.reversed, 0) AS told_reversed, coalesce(due.reversed, 0) AS due_reversed, coalesce(told.moved, 0) AS told_moved, coalesce(due.moved, 0) AS due_moved
    FROM lot_sums AS told FULL JOIN due USING (program, expires)
)
SELECT json_object('key', program || ', lots that expire ' || coalesce(nullif(expires, ''), 'never'),
    'found', told_earned || ' ' || told_available || ' ' || told_pending || ' ' || told_redeemed || ' ' || told_expired || ' ' || told_reversed || ' ' || told_moved, 'due', due_earned || ' ' || due_available || ' ' || due_pending || ' ' || due_redeemed || ' ' || due_expired || ' ' || due_reversed || ' ' || due_moved)
FROM both_sides
WHERE ?1 IS NOT NULL AND (told_earned, told_available, told_pending, told_redeemed, told_expired, told_reversed, told_moved) <> (due_earned, due_available, due_pending, due_redeemed, due_expired, due_reversed, due_moved)
ORDER BY program, expires
