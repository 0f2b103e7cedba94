INSERT INTO programs (program, currency, money_decimals, points_decimals, timezone)
SELECT program, currency, money_decimals, points_decimals, timezone
FROM json_to_recordset($1::json) AS r (program text, currency text, money_decimals bigint, points_decimals bigint, timezone text)
ON CONFLICT DO NOTHING
