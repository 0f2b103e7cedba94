SELECT json_build_object('id', id, 'fingerprint', fingerprint)::text FROM store_keys WHERE $1::json IS NOT NULL
