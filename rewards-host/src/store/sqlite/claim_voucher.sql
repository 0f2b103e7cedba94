UPDATE voucher_codes SET redemption_id = ?1 ->> 'redemption', claimed_at = strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')
WHERE id = (
    SELECT v.id FROM voucher_codes AS v LEFT JOIN reward_redemptions AS r ON r.id = v.redemption_id
    WHERE v.program = ?1 ->> 'program' AND v.option = ?1 ->> 'option'
      AND (v.redemption_id IS NULL OR r.status IN ('failed', 'cancelled'))
    ORDER BY v.id LIMIT 1)
  AND EXISTS (SELECT 1 FROM reward_redemptions WHERE id = ?1 ->> 'redemption' AND status = 'pending')
  AND NOT EXISTS (SELECT 1 FROM voucher_codes WHERE redemption_id = ?1 ->> 'redemption')
