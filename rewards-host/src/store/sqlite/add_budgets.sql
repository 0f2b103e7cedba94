INSERT INTO budget_counters (program, key, period, units)
SELECT value ->> 'program', value ->> 'key', value ->> 'period', 0
FROM json_each(?1)
WHERE true
ON CONFLICT DO NOTHING
