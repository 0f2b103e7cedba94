SELECT json_object('program', program, 'money_decimals', money_decimals, 'points_decimals', points_decimals)
FROM programs WHERE ?1 IS NOT NULL
