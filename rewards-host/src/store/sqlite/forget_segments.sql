DELETE FROM segment_members WHERE user_id IN (SELECT value FROM json_each(?1))
