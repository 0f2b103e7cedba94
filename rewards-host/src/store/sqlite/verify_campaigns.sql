SELECT json_object('user_id', user_id, 'program', program, 'campaign_id', campaign_id, 'earned', total_earned, 'points', total_points, 'used', usage_count, 'last_used', last_used)
FROM user_campaigns WHERE user_id IN (SELECT value FROM json_each(?1))
