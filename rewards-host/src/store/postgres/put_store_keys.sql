INSERT INTO store_keys (id, fingerprint)
SELECT id, fingerprint
FROM json_to_recordset($1::json) AS r (id text, fingerprint text)
ON CONFLICT DO NOTHING
