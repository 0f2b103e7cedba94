SELECT to_json(user_id)::text FROM members
WHERE counted < (SELECT seq FROM counter_fill_last) AND $1::json IS NOT NULL
ORDER BY counted, user_id LIMIT 100
