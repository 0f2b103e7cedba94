UPDATE usage_counters SET units = usage_counters.units + (r.value ->> 'units')
FROM json_each(?1) AS r
WHERE usage_counters.user_id = r.value ->> 'user_id' AND usage_counters.program = r.value ->> 'program'
  AND usage_counters.key = r.value ->> 'key' AND usage_counters.period = r.value ->> 'period'
