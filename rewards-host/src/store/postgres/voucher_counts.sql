SELECT json_build_object('program', program, 'option', option, 'left', free, 'claimed', claimed, 'given', taken - claimed)::text
FROM (
    SELECT program, option,
        (SELECT count(*) FROM voucher_codes AS v WHERE v.program = p.program AND v.option = p.option AND v.redemption_id IS NULL) AS free,
        (SELECT count(*) FROM voucher_codes AS v WHERE v.program = p.program AND v.option = p.option AND v.redemption_id IS NOT NULL) AS taken,
        (SELECT count(*) FROM reward_redemptions AS r JOIN voucher_codes AS v ON v.redemption_id = r.id
         WHERE r.status = 'pending' AND v.program = p.program AND v.option = p.option) AS claimed
    FROM voucher_pools AS p
    WHERE $1::json #>> '{}' IS NULL OR program = $1::json #>> '{}') AS counted
ORDER BY program, option
