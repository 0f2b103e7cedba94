UPDATE members AS m SET counted = r.through_fill
FROM json_to_recordset($1::json) AS r (user_id text, through_fill bigint)
WHERE m.user_id = r.user_id
