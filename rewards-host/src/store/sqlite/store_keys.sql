SELECT json_object('id', id, 'fingerprint', fingerprint) FROM store_keys WHERE ?1 IS NOT NULL
