SELECT json_object('seq', seq, 'program', program, 'keys', keys)
FROM counter_fills WHERE ?1 IS NOT NULL ORDER BY seq
