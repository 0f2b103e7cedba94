SELECT json_object('user_id', user_id, 'through_fill', through_fill, 'after_fill', after_fill, 'history_seq', history_seq)
FROM members_counted WHERE user_id IN (SELECT value FROM json_each(?1))
ORDER BY user_id, through_fill
