SELECT json_object('program', b.program, 'key', b.key, 'period', b.period, 'units', b.units)
FROM json_each(?1) AS r
JOIN budget_counters b
  ON b.program = r.value ->> 'program' AND b.key = r.value ->> 'key' AND b.period = r.value ->> 'period'
