INSERT INTO segment_members (user_id, program, segment)
SELECT r.value, ?1 ->> 'program', ?1 ->> 'segment'
FROM json_each(?1, '$.members') AS r
WHERE NOT EXISTS (SELECT 1 FROM members AS m LEFT JOIN member_keys AS k ON k.user_id = m.user_id WHERE m.user_id = r.value AND k.user_id IS NULL)
ON CONFLICT (user_id, program, segment) DO NOTHING
