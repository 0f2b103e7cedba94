INSERT INTO members (user_id, counted, created_at)
SELECT value ->> 'user_id', (SELECT seq FROM counter_fill_last), strftime('%Y-%m-%dT%H:%M:%f000Z', 'now') FROM json_each(?1) WHERE true
ON CONFLICT DO NOTHING
RETURNING json_quote(user_id)
