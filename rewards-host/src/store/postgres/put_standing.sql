INSERT INTO user_loyalty_status (id, user_id, program_id, program, current_tier, total_spending, tier_progress, tier_achieved_date, tier_expiry_date, record, last_updated)
SELECT id, user_id, program_id, program, current_tier, total_spending, tier_progress, tier_achieved_date, tier_expiry_date, record, last_updated
FROM json_to_recordset($1::json) AS r (id uuid, user_id text, program_id uuid, program text, current_tier text, total_spending numeric, tier_progress numeric, tier_achieved_date date, tier_expiry_date date, record text, last_updated timestamptz)
ON CONFLICT (user_id, program) DO UPDATE SET
    program_id = excluded.program_id, current_tier = excluded.current_tier, total_spending = excluded.total_spending,
    tier_progress = excluded.tier_progress, tier_achieved_date = excluded.tier_achieved_date,
    tier_expiry_date = excluded.tier_expiry_date, record = excluded.record, last_updated = excluded.last_updated
