SELECT json_build_object('id', id::text, 'user_id', user_id, 'program', program, 'record', record)::text
FROM user_loyalty_status WHERE user_id = ANY (ARRAY(SELECT json_array_elements_text($1::json)))
