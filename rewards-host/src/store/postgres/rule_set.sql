SELECT json_build_object('program', program, 'files', files)::text
FROM rule_sets WHERE hash = $1::json #>> '{}'
