SELECT json_build_object('program', program, 'key', key, 'period', period, 'units', units, 'opening', opening)::text
FROM budget_counters WHERE $1::json IS NOT NULL
