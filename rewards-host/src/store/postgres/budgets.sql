SELECT json_build_object('program', program, 'key', key, 'period', period, 'units', units)::text
FROM budget_counters
WHERE (program, key, period) IN (SELECT program, key, period FROM json_to_recordset($1::json) AS r (program text, key text, period text))
