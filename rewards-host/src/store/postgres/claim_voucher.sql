WITH due AS (
    -- Whoever ends it meanwhile is waited for.
    SELECT id FROM reward_redemptions
    WHERE id = ($1::json ->> 'redemption')::uuid AND status = 'pending' FOR UPDATE)
UPDATE voucher_codes SET redemption_id = due.id, claimed_at = clock_timestamp()
FROM due
WHERE voucher_codes.id = (
    SELECT v.id FROM voucher_codes AS v LEFT JOIN reward_redemptions AS r ON r.id = v.redemption_id
    WHERE v.program = $1::json ->> 'program' AND v.option = $1::json ->> 'option'
      AND (v.redemption_id IS NULL OR r.status IN ('failed', 'cancelled'))
    ORDER BY v.id LIMIT 1 FOR UPDATE OF v SKIP LOCKED)
  AND NOT EXISTS (SELECT 1 FROM voucher_codes WHERE redemption_id = ($1::json ->> 'redemption')::uuid)
