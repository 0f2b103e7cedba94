SELECT json_quote(l.value)
FROM json_each(?1, '$.levels') AS l
WHERE EXISTS (
    SELECT 1 FROM user_loyalty_status s
    WHERE s.program = ?1 ->> 'program' AND (s.current_tier = l.value OR instr(s.record, json_quote(l.value)) > 0)
)
