SELECT json_object('seq', seq, 'until', until, 'members', members, 'chain', chain)
FROM history_anchors
WHERE ?1 IS NOT NULL
ORDER BY seq
