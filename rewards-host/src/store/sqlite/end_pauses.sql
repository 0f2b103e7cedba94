DELETE FROM campaign_pauses
WHERE EXISTS (SELECT 1 FROM json_each(?1) WHERE value ->> 'program' = program AND value ->> 'campaign_id' = campaign_id)
