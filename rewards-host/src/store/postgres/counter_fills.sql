SELECT json_build_object('seq', seq, 'program', program, 'keys', keys, 'files', files, 'since', since)::text
FROM counter_fills WHERE seq > ($1::json #>> '{}')::bigint ORDER BY seq
