UPDATE voucher_codes SET redemption_id = NULL, claimed_at = NULL
WHERE redemption_id IN (SELECT value FROM json_each(?1))
