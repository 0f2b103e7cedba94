SELECT json_object('program', program, 'key', key, 'period', period, 'units', units)
FROM budget_counters WHERE program = ?1 ->> '$'
