INSERT INTO history_anchors (seq, until, members, chain)
SELECT value ->> 'seq', value ->> 'until', value ->> 'members', value ->> 'chain'
FROM json_each(?1)
WHERE true
ON CONFLICT DO NOTHING
