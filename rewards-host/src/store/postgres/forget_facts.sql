UPDATE members SET facts = NULL WHERE user_id IN (SELECT json_array_elements_text($1::json))
