UPDATE user_loyalty_status AS s SET record = r.record
FROM json_to_recordset($1::json) AS r (user_id text, program text, record text)
WHERE s.user_id = r.user_id AND s.program = r.program
