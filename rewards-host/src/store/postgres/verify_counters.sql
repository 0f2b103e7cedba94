SELECT json_build_object('user_id', user_id, 'program', program, 'key', key, 'period', period, 'units', units, 'opening', opening)::text
FROM usage_counters WHERE user_id = ANY (ARRAY(SELECT json_array_elements_text($1::json)))
