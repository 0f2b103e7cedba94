SELECT json_quote(count(*)) FROM members WHERE counted < ?1 ->> '$'
