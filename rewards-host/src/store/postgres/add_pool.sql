INSERT INTO voucher_pools (program, option) VALUES ($1::json ->> 'program', $1::json ->> 'option')
ON CONFLICT DO NOTHING
