INSERT INTO budget_counters (program, key, period, units)
SELECT program, key, period, 0
FROM json_to_recordset($1::json) AS r (program text, key text, period text)
ORDER BY program, key, period
ON CONFLICT DO NOTHING
