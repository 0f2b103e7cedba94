UPDATE user_loyalty_status SET record = r.value ->> 'record'
FROM json_each(?1) AS r
WHERE user_loyalty_status.user_id = r.value ->> 'user_id' AND user_loyalty_status.program = r.value ->> 'program'
