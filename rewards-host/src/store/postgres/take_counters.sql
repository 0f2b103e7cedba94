UPDATE usage_counters AS c SET units = c.units + r.units
FROM json_to_recordset($1::json) AS r (user_id text, program text, key text, period text, units bigint)
WHERE c.user_id = r.user_id AND c.program = r.program AND c.key = r.key AND c.period = r.period
