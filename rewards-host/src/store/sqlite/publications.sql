SELECT json_object('program', program, 'counted_due', (SELECT seq FROM counter_fill_last), 'rule_set', rule_set, 'in_force_from', in_force_from)
FROM publications WHERE ?1 IS NOT NULL
ORDER BY in_force_from, rowid
