SELECT json_object('user_id', user_id, 'program', program, 'campaign_id', campaign_id)
FROM user_campaigns
WHERE user_id IN (SELECT value FROM json_each(?1)) AND enrolled_at IS NOT NULL AND left_at IS NULL
ORDER BY user_id, campaign_id
