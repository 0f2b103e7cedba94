SELECT json_build_object('seq', seq, 'until', to_char(until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'members', members, 'chain', chain)::text
FROM history_anchors
WHERE $1::json IS NOT NULL
ORDER BY seq DESC
LIMIT 1
