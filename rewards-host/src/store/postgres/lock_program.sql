SELECT json_build_object('currency', currency, 'money_decimals', money_decimals, 'points_decimals', points_decimals, 'timezone', timezone)::text
FROM programs WHERE program = $1::json #>> '{}'
FOR UPDATE
