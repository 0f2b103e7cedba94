SELECT json_build_object('program', program, 'rule_set', rule_set)::text
FROM (SELECT DISTINCT program, rule_set FROM reward_redemptions WHERE status = 'pending' AND $1::json IS NOT NULL) AS r
ORDER BY program, rule_set
