SELECT json_build_object('month', to_char(expiry_date, 'YYYY-MM'), 'is_past', coalesce(expiry_date < ($1::json ->> 'today')::date, false),
    'earned', sum(points_earned)::text, 'available', sum(points_available)::text, 'pending', sum(points_pending)::text, 'redeemed', sum(points_redeemed)::text, 'expired', sum(points_expired)::text, 'reversed', sum(points_reversed)::text, 'moved', sum(points_moved)::text)::text
FROM reward_points
WHERE program = $1::json ->> 'program'
GROUP BY to_char(expiry_date, 'YYYY-MM'), coalesce(expiry_date < ($1::json ->> 'today')::date, false)
ORDER BY to_char(expiry_date, 'YYYY-MM')
