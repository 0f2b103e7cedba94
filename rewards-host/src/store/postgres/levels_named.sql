SELECT to_json(l.level)::text
FROM json_array_elements_text($1::json -> 'levels') AS l (level)
WHERE EXISTS (
    SELECT FROM user_loyalty_status s
    WHERE s.program = $1::json ->> 'program' AND (s.current_tier = l.level OR strpos(s.record, to_json(l.level)::text) > 0)
)
