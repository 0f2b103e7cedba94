SELECT json_build_object('program', program, 'counted_due', (SELECT seq FROM counter_fill_last), 'rule_set', rule_set, 'in_force_from', to_char(in_force_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text
FROM publications WHERE $1::json IS NOT NULL
ORDER BY in_force_from, made
