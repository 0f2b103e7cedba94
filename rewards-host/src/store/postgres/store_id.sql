SELECT json_build_object('id', id)::text FROM store_id WHERE $1::json IS NOT NULL
