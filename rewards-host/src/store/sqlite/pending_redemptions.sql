SELECT json_object('id', r.id)
FROM json_each(?1) AS o
JOIN reward_redemptions r ON r.program = o.value ->> 'program' AND r.redemption_type = o.value ->> 'option'
WHERE r.status = 'pending'
ORDER BY r.created_at, r.id
LIMIT 100
