UPDATE counter_fill_last SET seq = ($1::json #>> '{}')::bigint
