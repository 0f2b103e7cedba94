-- Codes that redemptions of an option hand out, each once.
CREATE TABLE voucher_codes (
    id            text PRIMARY KEY,
    program       text NOT NULL REFERENCES programs,
    option        text NOT NULL,
    -- A keyed hash, so that a code which is there already, for whichever option, shows.
    fingerprint   text NOT NULL,
    sealed        text NOT NULL,
    master_key    text NOT NULL,
    uploaded_by   text NOT NULL,
    uploaded_at   text NOT NULL,
    redemption_id text UNIQUE REFERENCES reward_redemptions (id),
    claimed_at    text,
    UNIQUE (program, fingerprint)
) STRICT;
CREATE INDEX idx_voucher_codes_free ON voucher_codes (program, option, id) WHERE redemption_id IS NULL;
