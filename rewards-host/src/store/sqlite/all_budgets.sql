SELECT json_object('program', program, 'key', key, 'period', period, 'units', units)
FROM budget_counters
WHERE ?1 IS NOT NULL
ORDER BY program, key, period
