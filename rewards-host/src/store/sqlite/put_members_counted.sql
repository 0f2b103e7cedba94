INSERT INTO members_counted (user_id, through_fill, after_fill, history_seq)
SELECT value ->> 'user_id', value ->> 'through_fill', value ->> 'after_fill', value ->> 'history_seq'
FROM json_each(?1)
