SELECT json_object('id', id, 'user_id', user_id, 'program', program, 'record', record)
FROM user_loyalty_status WHERE user_id IN (SELECT value FROM json_each(?1))
