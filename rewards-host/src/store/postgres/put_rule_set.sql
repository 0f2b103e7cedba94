INSERT INTO rule_sets (hash, program, files)
SELECT hash, program, files
FROM json_to_recordset($1::json) AS r (hash text, program text, files text)
ON CONFLICT DO NOTHING
