SELECT to_json(make_cashback_partitions(($1::json #>> '{}')::integer))::text
