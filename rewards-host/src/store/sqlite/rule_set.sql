SELECT json_object('program', program, 'files', files)
FROM rule_sets WHERE hash = ?1 ->> '$'
