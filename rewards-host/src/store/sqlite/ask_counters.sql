INSERT INTO counter_fills (seq, program, keys, rule_set, files, since)
SELECT (SELECT coalesce(max(seq), 0) + 1 FROM counter_fills), ?1 ->> 'program', ?1 ->> 'keys', ?1 ->> 'rule_set', ?1 ->> 'files', ?1 ->> 'since'
