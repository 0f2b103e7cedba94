UPDATE budget_counters SET units = budget_counters.units + (r.value ->> 'units')
FROM json_each(?1) AS r
WHERE budget_counters.program = r.value ->> 'program' AND budget_counters.key = r.value ->> 'key' AND budget_counters.period = r.value ->> 'period'
