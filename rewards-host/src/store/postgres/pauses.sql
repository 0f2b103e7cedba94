SELECT json_build_object('campaign_id', campaign_id, 'reason', reason, 'paused_by', paused_by, 'paused_at', to_char(paused_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text
FROM campaign_pauses WHERE program = $1::json #>> '{}'
ORDER BY campaign_id
