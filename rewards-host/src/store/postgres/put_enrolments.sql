INSERT INTO user_campaigns (id, user_id, program, campaign_id, enrolled_at, left_at)
SELECT id, user_id, program, campaign_id, enrolled_at, left_at
FROM json_to_recordset($1::json) AS r (id uuid, user_id text, program text, campaign_id text, enrolled_at timestamptz, left_at timestamptz)
ON CONFLICT (user_id, program, campaign_id) DO UPDATE SET
    enrolled_at = coalesce(excluded.enrolled_at, user_campaigns.enrolled_at), left_at = excluded.left_at
