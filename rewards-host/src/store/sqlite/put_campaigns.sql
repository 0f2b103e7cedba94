INSERT INTO campaigns (program, id, name, description, campaign_type, rules, rewards, start_date, end_date, min_transaction, max_cashback, funded_by, is_active)
SELECT value ->> 'program',
       value ->> 'id',
       value ->> 'name',
       value ->> 'description',
       value ->> 'campaign_type',
       value ->> 'rules',
       value ->> 'rewards',
       value ->> 'start_date',
       value ->> 'end_date',
       value ->> 'min_transaction',
       value ->> 'max_cashback',
       value ->> 'funded_by',
       value ->> 'is_active'
FROM json_each(?1)
WHERE true
ON CONFLICT (program, id) DO UPDATE SET
    name = excluded.name, description = excluded.description, campaign_type = excluded.campaign_type, rules = excluded.rules,
    rewards = excluded.rewards, start_date = excluded.start_date, end_date = excluded.end_date,
    min_transaction = excluded.min_transaction, max_cashback = excluded.max_cashback, funded_by = excluded.funded_by,
    is_active = excluded.is_active
