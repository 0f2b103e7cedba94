UPDATE budget_counters AS b SET units = b.units + r.units
FROM json_to_recordset($1::json) AS r (program text, key text, period text, units bigint)
WHERE b.program = r.program AND b.key = r.key AND b.period = r.period
