SELECT json_object('program', program, 'segment', segment, 'members', members, 'content_sha256', content_sha256, 'uploaded_by', uploaded_by, 'uploaded_at', uploaded_at)
FROM segments WHERE program = ?1 ->> 'program' AND segment = ?1 ->> 'segment'
