INSERT INTO publications (id, program, rule_set, in_force_from, published_by, approved_by, note)
SELECT id, program, rule_set, in_force_from, published_by, approved_by, note
FROM json_to_recordset($1::json) AS r (id uuid, program text, rule_set text, in_force_from timestamptz, published_by text, approved_by text, note text)
