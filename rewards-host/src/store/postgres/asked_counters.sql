SELECT json_build_object('seq', seq, 'program', program, 'keys', keys)::text
FROM counter_fills WHERE $1::json IS NOT NULL ORDER BY seq
