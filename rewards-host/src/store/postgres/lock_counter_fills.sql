SELECT to_json(seq)::text FROM counter_fill_last WHERE $1::json IS NOT NULL
FOR UPDATE
