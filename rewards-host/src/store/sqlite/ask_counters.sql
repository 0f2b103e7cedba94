INSERT INTO counter_fills (seq, program, keys, rule_set, files, since)
SELECT (SELECT seq FROM counter_fill_last) + 1, ?1 ->> 'program', ?1 ->> 'keys', ?1 ->> 'rule_set', ?1 ->> 'files', ?1 ->> 'since'
RETURNING json_quote(seq)
