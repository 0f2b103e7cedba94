INSERT INTO user_campaigns (id, user_id, program, campaign_id, total_earned, total_points, usage_count, last_used)
SELECT value ->> 'id',
       value ->> 'user_id',
       value ->> 'program',
       value ->> 'campaign_id',
       CAST(replace(value ->> 'total_earned', '.', '') AS INTEGER),
       CAST(replace(value ->> 'total_points', '.', '') AS INTEGER),
       value ->> 'usage_count',
       value ->> 'last_used'
FROM json_each(?1)
WHERE true
ON CONFLICT (user_id, program, campaign_id) DO UPDATE SET
    total_earned = user_campaigns.total_earned + excluded.total_earned,
    total_points = user_campaigns.total_points + excluded.total_points,
    usage_count = user_campaigns.usage_count + excluded.usage_count,
    last_used = coalesce(excluded.last_used, user_campaigns.last_used)
