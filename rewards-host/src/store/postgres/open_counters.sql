INSERT INTO usage_counters (user_id, program, key, period, units, opening)
SELECT user_id, program, key, period, units, units
FROM json_to_recordset($1::json) AS r (user_id text, program text, key text, period text, units bigint)
ON CONFLICT (user_id, program, key, period) DO UPDATE SET
    units = usage_counters.units + excluded.units, opening = usage_counters.opening + excluded.opening
