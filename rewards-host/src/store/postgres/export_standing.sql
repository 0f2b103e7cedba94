SELECT json_build_object('user_id', user_id, 'program', program, 'current_tier', current_tier, 'total_spending', total_spending::text, 'tier_progress', tier_progress::text, 'tier_achieved_date', tier_achieved_date::text, 'tier_expiry_date', tier_expiry_date::text, 'last_updated', to_char(last_updated AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text
FROM user_loyalty_status
WHERE user_id = ANY (ARRAY(SELECT json_array_elements_text($1::json)))
ORDER BY user_id, program
