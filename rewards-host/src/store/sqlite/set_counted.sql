UPDATE members SET counted = r.value ->> 'through_fill'
FROM json_each(?1) AS r
WHERE members.user_id = r.value ->> 'user_id'
