SELECT json_build_object('user_id', c.user_id, 'program', c.program, 'key', c.key, 'period', c.period, 'units', c.units)::text
FROM usage_counters c
JOIN json_to_recordset($1::json) AS r (user_id text, program text, key text, period text)
  USING (user_id, program, key, period)
