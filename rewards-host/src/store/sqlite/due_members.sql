SELECT json_object('user_id', user_id, 'program', program)
FROM (
    SELECT user_id, program FROM reward_points
    WHERE (points_pending > 0 AND spendable_date <= ?1 ->> 'today')
       OR ((points_available > 0 OR points_pending > 0) AND expiry_date < ?1 ->> 'today')
    UNION
    SELECT user_id, program FROM user_loyalty_status WHERE tier_expiry_date < ?1 ->> 'today'
) AS due
WHERE (user_id, program) > (?1 ->> 'user_id', ?1 ->> 'program')
ORDER BY user_id, program
LIMIT 500
