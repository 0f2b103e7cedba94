INSERT INTO counter_fills (seq, program, keys, rule_set, files, since, asked_at)
SELECT (SELECT coalesce(max(seq), 0) + 1 FROM counter_fills), program, keys, rule_set, files, since, clock_timestamp()
FROM json_to_record($1::json) AS r (program text, keys text, rule_set text, files text, since date)
