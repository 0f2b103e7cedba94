INSERT INTO user_campaigns (id, user_id, program, campaign_id, enrolled_at, left_at)
SELECT value ->> 'id', value ->> 'user_id', value ->> 'program', value ->> 'campaign_id', value ->> 'enrolled_at', value ->> 'left_at'
FROM json_each(?1)
WHERE true
ON CONFLICT (user_id, program, campaign_id) DO UPDATE SET
    enrolled_at = coalesce(excluded.enrolled_at, user_campaigns.enrolled_at), left_at = excluded.left_at
