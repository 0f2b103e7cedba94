SELECT json_build_object('user_id', user_id, 'through_fill', through_fill, 'after_fill', after_fill, 'history_seq', history_seq)::text
FROM members_counted WHERE user_id = ANY (ARRAY(SELECT json_array_elements_text($1::json)))
ORDER BY user_id, through_fill
