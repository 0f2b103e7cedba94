INSERT INTO voucher_pools (program, option) VALUES (?1 ->> 'program', ?1 ->> 'option')
ON CONFLICT DO NOTHING
