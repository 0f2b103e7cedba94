SELECT json_object('program', program, 'option', option, 'sealed', sealed, 'master_key', master_key)
FROM voucher_codes WHERE redemption_id = ?1 ->> '$'
