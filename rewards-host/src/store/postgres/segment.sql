SELECT json_build_object('program', program, 'segment', segment, 'members', members, 'content_sha256', content_sha256, 'uploaded_by', uploaded_by, 'uploaded_at', to_char(uploaded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text
FROM segments WHERE program = $1::json ->> 'program' AND segment = $1::json ->> 'segment'
