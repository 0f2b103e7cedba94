UPDATE members SET facts = NULL WHERE user_id IN (SELECT value FROM json_each(?1))
