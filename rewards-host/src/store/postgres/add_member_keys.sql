INSERT INTO member_keys (user_id, wrapped, master_key)
SELECT user_id, wrapped, master_key
FROM json_to_recordset($1::json) AS r (user_id text, wrapped text, master_key text)
