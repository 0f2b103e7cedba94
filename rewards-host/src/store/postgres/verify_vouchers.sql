SELECT json_build_object('id', v.id::text, 'redemption', r.id::text, 'found', r.program || '/' || r.redemption_type, 'due', v.program || '/' || v.option)::text
FROM voucher_codes AS v JOIN reward_redemptions AS r ON r.id = v.redemption_id
WHERE $1::json IS NOT NULL AND (v.program <> r.program OR v.option <> r.redemption_type OR v.claimed_at IS NULL OR r.status IN ('failed', 'cancelled'))
ORDER BY v.id
LIMIT 1000
