INSERT INTO usage_counters (user_id, program, key, period, units, opening)
SELECT value ->> 'user_id',
       value ->> 'program',
       value ->> 'key',
       value ->> 'period',
       value ->> 'units',
       value ->> 'units'
FROM json_each(?1)
WHERE true
ON CONFLICT (user_id, program, key, period) DO UPDATE SET
    units = usage_counters.units + excluded.units, opening = usage_counters.opening + excluded.opening
