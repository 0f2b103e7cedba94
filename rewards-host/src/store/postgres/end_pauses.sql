DELETE FROM campaign_pauses AS p
USING json_to_recordset($1::json) AS r (program text, campaign_id text)
WHERE p.program = r.program AND p.campaign_id = r.campaign_id
