SELECT json_build_object('program', program, 'option', option, 'sealed', sealed, 'master_key', master_key)::text
FROM voucher_codes WHERE redemption_id = ($1::json #>> '{}')::uuid
