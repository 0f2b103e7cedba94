UPDATE drafts AS d
SET version = d.version + 1, files = r.files, state = r.state, editors = r.editors, submitted_by = r.submitted_by,
    approved_by = r.approved_by, rule_set = r.rule_set, note = r.note, updated_at = r.updated_at
FROM json_to_record($1::json) AS r (id uuid, version bigint, files text, state text, editors text, submitted_by text, approved_by text, rule_set text, note text, updated_at timestamptz)
WHERE d.id = r.id AND d.version = r.version
