SELECT json_object('currency', currency, 'money_decimals', money_decimals, 'points_decimals', points_decimals, 'timezone', timezone)
FROM programs WHERE program = ?1 ->> '$'
