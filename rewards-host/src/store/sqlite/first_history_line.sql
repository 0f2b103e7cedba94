SELECT json_object('now', min(created_at))
FROM reward_history
WHERE ?1 IS NOT NULL
HAVING min(created_at) IS NOT NULL
