SELECT json_build_object('user_id', user_id, 'program', program)::text
FROM (
    SELECT DISTINCT user_id, program FROM reward_points
    WHERE (points_pending > 0 AND spendable_date <= ($1::json ->> 'today')::date)
       OR ((points_available > 0 OR points_pending > 0) AND expiry_date < ($1::json ->> 'today')::date)
    UNION
    SELECT user_id, program FROM user_loyalty_status WHERE tier_expiry_date < ($1::json ->> 'today')::date
) AS due
WHERE (user_id, program) > ($1::json ->> 'user_id', $1::json ->> 'program')
ORDER BY user_id, program
LIMIT 500
