SELECT to_json(count(*))::text FROM members WHERE counted < ($1::json #>> '{}')::bigint
