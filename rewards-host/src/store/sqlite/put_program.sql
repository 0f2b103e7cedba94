INSERT INTO programs (program, currency, money_decimals, points_decimals, timezone)
SELECT value ->> 'program',
       value ->> 'currency',
       value ->> 'money_decimals',
       value ->> 'points_decimals',
       value ->> 'timezone'
FROM json_each(?1)
WHERE true
ON CONFLICT DO NOTHING
