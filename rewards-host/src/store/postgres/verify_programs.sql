SELECT json_build_object('program', program, 'money_decimals', money_decimals, 'points_decimals', points_decimals)::text
FROM programs WHERE $1::json IS NOT NULL
