INSERT INTO rule_audit (id, program, draft_id, rule_set, action, subject, detail, created_at)
SELECT id, program, draft_id, rule_set, action, subject, detail, created_at
FROM json_to_recordset($1::json) AS r (id uuid, program text, draft_id uuid, rule_set text, action text, subject text, detail text, created_at timestamptz)
