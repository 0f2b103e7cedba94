DELETE FROM segment_members
WHERE program = $1::json ->> 'program' AND segment = $1::json ->> 'segment'
  AND user_id NOT IN (SELECT json_array_elements_text($1::json -> 'members'))
