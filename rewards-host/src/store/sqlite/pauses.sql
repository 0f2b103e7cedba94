SELECT json_object('campaign_id', campaign_id, 'reason', reason, 'paused_by', paused_by, 'paused_at', paused_at)
FROM campaign_pauses WHERE program = ?1 ->> '$'
ORDER BY campaign_id
