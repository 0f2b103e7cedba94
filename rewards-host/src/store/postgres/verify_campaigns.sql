SELECT json_build_object('user_id', user_id, 'program', program, 'campaign_id', campaign_id, 'earned', total_earned::text, 'points', total_points::text, 'used', usage_count, 'last_used', last_used)::text
FROM user_campaigns WHERE user_id = ANY (ARRAY(SELECT json_array_elements_text($1::json)))
