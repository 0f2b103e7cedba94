SELECT json_object('user_id', user_id, 'program', program, 'key', key, 'period', period, 'units', units, 'opening', opening)
FROM usage_counters WHERE user_id IN (SELECT value FROM json_each(?1))
