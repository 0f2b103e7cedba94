SELECT json_quote(seq) FROM counter_fill_last WHERE ?1 IS NOT NULL
