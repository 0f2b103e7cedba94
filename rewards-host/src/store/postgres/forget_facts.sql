UPDATE members SET facts = NULL WHERE user_id = ANY (ARRAY(SELECT json_array_elements_text($1::json)))
