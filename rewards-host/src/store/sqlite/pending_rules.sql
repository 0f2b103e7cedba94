SELECT DISTINCT json_object('program', program, 'rule_set', rule_set)
FROM reward_redemptions WHERE status = 'pending' AND ?1 IS NOT NULL
ORDER BY 1
