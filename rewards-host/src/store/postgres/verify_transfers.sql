SELECT json_build_object('id', coalesce(i.id, o.id), 'given', coalesce(o.points, 0)::text, 'received', coalesce(i.points, 0)::text)::text
FROM (SELECT source_id AS id, sum(points_earned) AS points FROM reward_points WHERE source_type LIKE 'transfer:%' GROUP BY source_id) AS i
FULL JOIN (SELECT metadata::json ->> 'transfer_id' AS id, -sum(points_change) AS points FROM reward_history WHERE action_type = 'transfer_out' GROUP BY 1) AS o ON o.id = i.id
WHERE $1::json IS NOT NULL AND o.points IS DISTINCT FROM i.points
ORDER BY 1
LIMIT 1000
