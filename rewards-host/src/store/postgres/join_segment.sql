INSERT INTO segment_members (user_id, program, segment)
SELECT user_id, $1::json ->> 'program', $1::json ->> 'segment'
FROM json_array_elements_text($1::json -> 'members') AS r (user_id)
WHERE NOT EXISTS (SELECT 1 FROM members AS m LEFT JOIN member_keys AS k USING (user_id) WHERE m.user_id = r.user_id AND k.user_id IS NULL)
ON CONFLICT (user_id, program, segment) DO NOTHING
