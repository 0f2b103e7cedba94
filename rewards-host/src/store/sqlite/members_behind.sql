SELECT json_quote(user_id) FROM members
WHERE counted < (SELECT seq FROM counter_fill_last) AND ?1 IS NOT NULL
ORDER BY counted, user_id LIMIT 100
