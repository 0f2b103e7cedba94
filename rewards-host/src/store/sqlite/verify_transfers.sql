SELECT json_object('id', coalesce(i.id, o.id), 'given', coalesce(o.points, 0), 'received', coalesce(i.points, 0))
FROM (SELECT source_id AS id, sum(points_earned) AS points FROM reward_points WHERE source_type LIKE 'transfer:%' GROUP BY source_id) AS i
FULL JOIN (SELECT metadata ->> 'transfer_id' AS id, -sum(points_change) AS points FROM reward_history WHERE action_type = 'transfer_out' GROUP BY 1) AS o ON o.id = i.id
WHERE ?1 IS NOT NULL AND o.points IS NOT i.points
ORDER BY 1
LIMIT 1000
