SELECT json_build_object('program', program, 'key', key, 'period', period, 'units', units)::text
FROM budget_counters WHERE program = $1::json #>> '{}'
