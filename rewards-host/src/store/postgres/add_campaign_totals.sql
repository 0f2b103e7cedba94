INSERT INTO user_campaigns (id, user_id, program, campaign_id, total_earned, total_points, usage_count, last_used)
SELECT id, user_id, program, campaign_id, total_earned, total_points, usage_count, last_used
FROM json_to_recordset($1::json) AS r (id uuid, user_id text, program text, campaign_id text, total_earned numeric, total_points numeric, usage_count bigint, last_used date)
ON CONFLICT (user_id, program, campaign_id) DO UPDATE SET
    total_earned = user_campaigns.total_earned + excluded.total_earned,
    total_points = user_campaigns.total_points + excluded.total_points,
    usage_count = user_campaigns.usage_count + excluded.usage_count,
    last_used = coalesce(excluded.last_used, user_campaigns.last_used)
