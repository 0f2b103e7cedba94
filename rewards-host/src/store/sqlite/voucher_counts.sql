SELECT json_object('program', v.program, 'option', v.option,
    'left', count(*) FILTER (WHERE v.redemption_id IS NULL OR r.status IN ('failed', 'cancelled')),
    'claimed', count(*) FILTER (WHERE r.status = 'pending'),
    'given', count(*) FILTER (WHERE r.status = 'completed'))
FROM voucher_codes AS v LEFT JOIN reward_redemptions AS r ON r.id = v.redemption_id
WHERE ?1 IS NOT NULL
GROUP BY v.program, v.option
ORDER BY v.program, v.option
