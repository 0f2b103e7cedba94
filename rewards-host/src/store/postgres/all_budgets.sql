SELECT json_build_object('program', program, 'key', key, 'period', period, 'units', units)::text
FROM budget_counters
WHERE $1::json IS NOT NULL
ORDER BY program, key, period
