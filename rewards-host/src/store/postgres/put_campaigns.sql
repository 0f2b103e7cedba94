INSERT INTO campaigns (program, id, name, description, campaign_type, rules, rewards, start_date, end_date, min_transaction, max_cashback, funded_by, is_active)
SELECT program, id, name, description, campaign_type, rules, rewards, start_date, end_date, min_transaction, max_cashback, funded_by, is_active
FROM json_to_recordset($1::json) AS r (program text, id text, name text, description text, campaign_type text, rules jsonb, rewards jsonb, start_date timestamptz, end_date timestamptz, min_transaction numeric, max_cashback numeric, funded_by text, is_active boolean)
ON CONFLICT (program, id) DO UPDATE SET
    name = excluded.name, description = excluded.description, campaign_type = excluded.campaign_type, rules = excluded.rules,
    rewards = excluded.rewards, start_date = excluded.start_date, end_date = excluded.end_date,
    min_transaction = excluded.min_transaction, max_cashback = excluded.max_cashback, funded_by = excluded.funded_by,
    is_active = excluded.is_active
