SELECT json_object('user_id', r.user_id, 'id', r.id, 'program', r.program, 'redemption_type', r.redemption_type, 'status', r.status, 'points_used', r.points_used, 'cash_value', r.cash_value, 'currency', r.currency, 'rule_set', r.rule_set, 'record', r.record, 'occurred_at', r.occurred_at,
    'lots', (SELECT json_group_array(json_object('lot', l.lot_key, 'points', l.points)) FROM redemption_lots AS l WHERE l.redemption_id = r.id))
FROM reward_redemptions AS r WHERE r.user_id IN (SELECT value FROM json_each(?1))
