INSERT INTO history_anchors (seq, until, members, chain)
SELECT seq, until, members, chain
FROM json_to_recordset($1::json) AS r (seq bigint, until timestamptz, members bigint, chain text)
ON CONFLICT DO NOTHING
