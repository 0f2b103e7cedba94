INSERT INTO campaign_pauses (program, campaign_id, reason, paused_by, paused_at)
SELECT program, campaign_id, reason, paused_by, paused_at
FROM json_to_recordset($1::json) AS r (program text, campaign_id text, reason text, paused_by text, paused_at timestamptz)
