SELECT json_object('user_id', user_id, 'program', program, 'current_tier', current_tier, 'total_spending', total_spending, 'tier_progress', tier_progress, 'tier_achieved_date', tier_achieved_date, 'tier_expiry_date', tier_expiry_date, 'last_updated', last_updated, 'record', record)
FROM user_loyalty_status WHERE user_id IN (SELECT value FROM json_each(?1))
