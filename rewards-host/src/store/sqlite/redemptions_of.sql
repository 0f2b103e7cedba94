SELECT json_object('user_id', user_id, 'program', program, 'redemption_type', redemption_type, 'record', record, 'occurred_at', occurred_at)
FROM reward_redemptions WHERE user_id IN (SELECT value FROM json_each(?1))
