DELETE FROM segment_members
WHERE program = ?1 ->> 'program' AND segment = ?1 ->> 'segment'
  AND user_id NOT IN (SELECT value FROM json_each(?1, '$.members'))
