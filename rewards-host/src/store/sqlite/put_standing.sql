INSERT INTO user_loyalty_status (id, user_id, program_id, program, current_tier, total_spending, tier_progress, tier_achieved_date, tier_expiry_date, record, last_updated)
SELECT value ->> 'id',
       value ->> 'user_id',
       value ->> 'program_id',
       value ->> 'program',
       value ->> 'current_tier',
       value ->> 'total_spending',
       value ->> 'tier_progress',
       value ->> 'tier_achieved_date',
       value ->> 'tier_expiry_date',
       value ->> 'record',
       value ->> 'last_updated'
FROM json_each(?1)
WHERE true
ON CONFLICT (user_id, program) DO UPDATE SET
    program_id = excluded.program_id, current_tier = excluded.current_tier, total_spending = excluded.total_spending,
    tier_progress = excluded.tier_progress, tier_achieved_date = excluded.tier_achieved_date,
    tier_expiry_date = excluded.tier_expiry_date, record = excluded.record, last_updated = excluded.last_updated
