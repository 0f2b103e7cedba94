SELECT json_object('seq', seq, 'program', program, 'keys', keys, 'files', files, 'since', since)
FROM counter_fills WHERE seq > ?1 ->> '$' ORDER BY seq
