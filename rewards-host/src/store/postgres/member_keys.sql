SELECT json_build_object('user_id', user_id, 'wrapped', wrapped, 'master_key', master_key)::text
FROM member_keys WHERE user_id = ANY (ARRAY(SELECT json_array_elements_text($1::json)))
