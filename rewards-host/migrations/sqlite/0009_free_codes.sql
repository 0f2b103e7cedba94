-- A code that belongs to no redemption is free. One whose redemption failed or was cancelled goes back with it.
UPDATE voucher_codes SET redemption_id = NULL, claimed_at = NULL
WHERE redemption_id IN (SELECT id FROM reward_redemptions WHERE status IN ('failed', 'cancelled'));
CREATE INDEX idx_voucher_codes_taken ON voucher_codes (program, option) WHERE redemption_id IS NOT NULL;

-- Options that have a pool, also where it is empty.
CREATE TABLE voucher_pools (
    program text NOT NULL REFERENCES programs,
    option  text NOT NULL,
    PRIMARY KEY (program, option)
) STRICT;
INSERT INTO voucher_pools (program, option) SELECT DISTINCT program, option FROM voucher_codes;
