INSERT INTO segments (program, segment, members, content_sha256, uploaded_by, uploaded_at)
SELECT program, segment, members, content_sha256, uploaded_by, uploaded_at
FROM json_to_recordset($1::json) AS r (program text, segment text, members bigint, content_sha256 text, uploaded_by text, uploaded_at timestamptz)
ON CONFLICT (program, segment) DO UPDATE SET
    members = excluded.members, content_sha256 = excluded.content_sha256, uploaded_by = excluded.uploaded_by,
    uploaded_at = excluded.uploaded_at
