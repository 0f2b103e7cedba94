SELECT json_object('program', program, 'key', key, 'period', period, 'units', units, 'opening', opening)
FROM budget_counters WHERE ?1 IS NOT NULL
