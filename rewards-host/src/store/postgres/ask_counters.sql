WITH next AS (UPDATE counter_fill_last SET seq = seq + 1 WHERE id = 1 RETURNING seq)
INSERT INTO counter_fills (seq, program, keys, rule_set, files, since)
SELECT next.seq, r.program, r.keys, r.rule_set, r.files, r.since
FROM next, json_to_record($1::json) AS r (program text, keys text, rule_set text, files text, since date)
RETURNING to_json(seq)::text
