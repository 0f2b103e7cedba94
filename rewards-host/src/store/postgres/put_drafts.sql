INSERT INTO drafts (id, program, files, version, state, author, editors, submitted_by, approved_by, rule_set, note, created_at, updated_at)
SELECT id, program, files, version, state, author, editors, submitted_by, approved_by, rule_set, note, created_at, updated_at
FROM json_to_recordset($1::json) AS r (id uuid, program text, files text, version bigint, state text, author text, editors text, submitted_by text, approved_by text, rule_set text, note text, created_at timestamptz, updated_at timestamptz)
