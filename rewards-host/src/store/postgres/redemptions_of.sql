SELECT json_build_object('user_id', user_id, 'program', program, 'redemption_type', redemption_type, 'record', record, 'occurred_at', to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text
FROM reward_redemptions WHERE user_id = ANY (ARRAY(SELECT json_array_elements_text($1::json)))
