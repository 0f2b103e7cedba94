INSERT INTO members_counted (user_id, through_fill, after_fill, history_seq)
SELECT user_id, through_fill, after_fill, history_seq
FROM json_to_recordset($1::json) AS r (user_id text, through_fill bigint, after_fill bigint, history_seq bigint)
