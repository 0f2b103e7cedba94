INSERT INTO store_keys (id, fingerprint)
SELECT value ->> 'id', value ->> 'fingerprint'
FROM json_each(?1)
WHERE true
ON CONFLICT DO NOTHING
