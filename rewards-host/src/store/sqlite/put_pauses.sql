INSERT INTO campaign_pauses (program, campaign_id, reason, paused_by, paused_at)
SELECT value ->> 'program', value ->> 'campaign_id', value ->> 'reason', value ->> 'paused_by', value ->> 'paused_at'
FROM json_each(?1)
