SELECT json_build_object('user_id', user_id, 'program', program, 'campaign_id', campaign_id)::text
FROM user_campaigns
WHERE user_id IN (SELECT json_array_elements_text($1::json)) AND enrolled_at IS NOT NULL AND left_at IS NULL
ORDER BY user_id, campaign_id
