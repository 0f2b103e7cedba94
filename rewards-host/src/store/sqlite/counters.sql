SELECT json_object('user_id', c.user_id, 'program', c.program, 'key', c.key, 'period', c.period, 'units', c.units)
FROM json_each(?1) AS r
JOIN usage_counters c
  ON c.user_id = r.value ->> 'user_id' AND c.program = r.value ->> 'program' AND c.key = r.value ->> 'key' AND c.period = r.value ->> 'period'
