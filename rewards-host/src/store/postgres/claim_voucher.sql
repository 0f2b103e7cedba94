WITH due AS (
    -- Whoever ends it meanwhile is waited for.
    SELECT id FROM reward_redemptions
    WHERE id = ($1::json ->> 'redemption')::uuid AND status = 'pending' FOR UPDATE)
UPDATE voucher_codes SET redemption_id = due.id, claimed_at = clock_timestamp()
FROM due
WHERE voucher_codes.id = (
    SELECT id FROM voucher_codes
    WHERE program = $1::json ->> 'program' AND option = $1::json ->> 'option' AND redemption_id IS NULL
    ORDER BY program, option, id LIMIT 1 FOR UPDATE SKIP LOCKED)
  AND NOT EXISTS (SELECT 1 FROM voucher_codes WHERE redemption_id = ($1::json ->> 'redemption')::uuid)
