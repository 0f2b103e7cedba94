SELECT json_object('program', program, 'option', option, 'left',
    (SELECT count(*) FROM voucher_codes AS v WHERE v.program = p.program AND v.option = p.option AND v.redemption_id IS NULL))
FROM voucher_pools AS p
WHERE ?1 IS NOT NULL
ORDER BY program, option
