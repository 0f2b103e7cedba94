UPDATE voucher_codes SET redemption_id = ?1 ->> 'redemption', claimed_at = strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')
WHERE id = (
    SELECT id FROM voucher_codes
    WHERE program = ?1 ->> 'program' AND option = ?1 ->> 'option' AND redemption_id IS NULL
    ORDER BY program, option, id LIMIT 1)
  AND EXISTS (SELECT 1 FROM reward_redemptions WHERE id = ?1 ->> 'redemption' AND status = 'pending')
  AND NOT EXISTS (SELECT 1 FROM voucher_codes WHERE redemption_id = ?1 ->> 'redemption')
