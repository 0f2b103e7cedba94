INSERT INTO members (user_id, counted)
SELECT user_id, (SELECT seq FROM counter_fill_last) FROM json_to_recordset($1::json) AS r (user_id text) ORDER BY user_id
ON CONFLICT DO NOTHING
RETURNING to_json(user_id)::text
