INSERT INTO segments (program, segment, members, content_sha256, uploaded_by, uploaded_at)
SELECT value ->> 'program', value ->> 'segment', value ->> 'members', value ->> 'content_sha256', value ->> 'uploaded_by', value ->> 'uploaded_at'
FROM json_each(?1)
WHERE true
ON CONFLICT (program, segment) DO UPDATE SET
    members = excluded.members, content_sha256 = excluded.content_sha256, uploaded_by = excluded.uploaded_by,
    uploaded_at = excluded.uploaded_at
