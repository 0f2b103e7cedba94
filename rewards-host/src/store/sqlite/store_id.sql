SELECT json_object('id', id) FROM store_id WHERE ?1 IS NOT NULL
