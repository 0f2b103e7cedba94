UPDATE voucher_codes SET redemption_id = NULL, claimed_at = NULL
WHERE redemption_id = ANY (ARRAY(SELECT json_array_elements_text($1::json)::uuid))
