-- The ledger. Ids from outside (users, transactions) and rule ids are text; ids that the service makes are UUIDv7.
-- What is kept as `text` although it is JSON (outcome, transaction, records) is compared and hashed by its bytes.

CREATE TABLE programs (
    program         text PRIMARY KEY,
    currency        text NOT NULL,
    money_decimals  smallint NOT NULL,
    points_decimals smallint NOT NULL,
    timezone        text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE rule_sets (
    hash       text PRIMARY KEY,
    program    text NOT NULL REFERENCES programs,
    files      text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE publications (
    id            uuid PRIMARY KEY,
    program       text NOT NULL REFERENCES programs,
    rule_set      text NOT NULL REFERENCES rule_sets,
    in_force_from timestamptz NOT NULL,
    published_by  text NOT NULL,
    approved_by   text,
    note          text NOT NULL DEFAULT '',
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX idx_publications_program_from ON publications (program, in_force_from);

-- One row a level; in a program without tiers one row `standard`.
CREATE TABLE loyalty_programs (
    id           uuid PRIMARY KEY,
    program      text NOT NULL REFERENCES programs,
    name         text NOT NULL,
    description  text NOT NULL DEFAULT '',
    tier_type    text NOT NULL,
    rank         integer NOT NULL,
    benefits     jsonb NOT NULL DEFAULT '{}',
    requirements jsonb NOT NULL DEFAULT '{}',
    min_spending numeric NOT NULL DEFAULT 0,
    max_spending numeric,
    is_active    boolean NOT NULL DEFAULT true,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (program, tier_type)
);
CREATE INDEX idx_loyalty_programs_name ON loyalty_programs (name);
CREATE INDEX idx_loyalty_programs_tier_type ON loyalty_programs (tier_type);
CREATE INDEX idx_loyalty_programs_is_active ON loyalty_programs (is_active);

CREATE TABLE campaigns (
    program         text NOT NULL REFERENCES programs,
    id              text NOT NULL,
    name            text NOT NULL,
    description     text NOT NULL DEFAULT '',
    campaign_type   text NOT NULL,
    rules           jsonb NOT NULL DEFAULT '{}',
    rewards         jsonb NOT NULL DEFAULT '{}',
    start_date      timestamptz,
    end_date        timestamptz,
    min_transaction numeric,
    max_cashback    numeric,
    funded_by       text,
    is_active       boolean NOT NULL DEFAULT true,
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (program, id)
);
CREATE INDEX idx_campaigns_active_dates ON campaigns (is_active, start_date, end_date);

-- The row that is locked for every change of a member; `version` tells caches which answer is newer.
CREATE TABLE members (
    user_id      text PRIMARY KEY,
    status       text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'blocked', 'closed')),
    facts        text,
    version      bigint NOT NULL DEFAULT 0,
    history_seq  bigint NOT NULL DEFAULT 0,
    history_head text NOT NULL DEFAULT '',
    outbox_seq   bigint NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL DEFAULT now()
);

-- The key that a member's facts are encrypted under, itself wrapped by a master key. Without a row: forgotten.
CREATE TABLE member_keys (
    user_id    text PRIMARY KEY REFERENCES members,
    wrapped    text NOT NULL,
    master_key text NOT NULL
);

CREATE TABLE user_loyalty_status (
    id                 uuid NOT NULL,
    user_id            text NOT NULL REFERENCES members,
    program_id         uuid NOT NULL REFERENCES loyalty_programs,
    program            text NOT NULL,
    current_tier       text,
    total_spending     numeric NOT NULL DEFAULT 0,
    tier_progress      numeric NOT NULL DEFAULT 0 CHECK (tier_progress BETWEEN 0 AND 1),
    tier_achieved_date date,
    tier_expiry_date   date,
    record             text NOT NULL,
    last_updated       timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    UNIQUE (user_id, program)
) PARTITION BY HASH (user_id);
CREATE INDEX idx_user_loyalty_status_user_id ON user_loyalty_status (user_id);
CREATE INDEX idx_user_loyalty_status_program_id ON user_loyalty_status (program_id);
CREATE INDEX idx_user_loyalty_status_current_tier ON user_loyalty_status (current_tier);

CREATE TABLE reward_points (
    id               uuid NOT NULL,
    user_id          text NOT NULL REFERENCES members,
    program          text NOT NULL,
    lot_key          text NOT NULL,
    seq              bigint NOT NULL,
    points_earned    numeric NOT NULL CHECK (points_earned > 0),
    points_available numeric NOT NULL CHECK (points_available >= 0),
    points_pending   numeric NOT NULL DEFAULT 0 CHECK (points_pending >= 0),
    points_redeemed  numeric NOT NULL DEFAULT 0 CHECK (points_redeemed >= 0),
    points_expired   numeric NOT NULL DEFAULT 0 CHECK (points_expired >= 0),
    points_reversed  numeric NOT NULL DEFAULT 0 CHECK (points_reversed >= 0),
    points_moved     numeric NOT NULL DEFAULT 0 CHECK (points_moved >= 0),
    source_type      text NOT NULL,
    source_id        text NOT NULL,
    spendable_date   date NOT NULL,
    expiry_date      date,
    counted_expired  numeric NOT NULL DEFAULT 0,
    rule_set         text NOT NULL,
    occurred_at      timestamptz NOT NULL,
    created_at       timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    UNIQUE (user_id, program, lot_key),
    CONSTRAINT parts_add_up CHECK (points_earned = points_available + points_pending + points_redeemed
        + points_expired + points_reversed + points_moved)
) PARTITION BY HASH (user_id);
CREATE INDEX idx_reward_points_user_id_expiry ON reward_points (user_id, expiry_date);
CREATE INDEX idx_reward_points_source_type ON reward_points (source_type);
CREATE INDEX idx_reward_points_expiry_date ON reward_points (expiry_date) WHERE points_available > 0 OR points_pending > 0;

DO $$
BEGIN
    FOR n IN 0..7 LOOP
        EXECUTE format('CREATE TABLE user_loyalty_status_%s PARTITION OF user_loyalty_status FOR VALUES WITH (MODULUS 8, REMAINDER %s)', n, n);
        EXECUTE format('CREATE TABLE reward_points_%s PARTITION OF reward_points FOR VALUES WITH (MODULUS 8, REMAINDER %s)', n, n);
    END LOOP;
END $$;

-- Claims an id once for ever. `seq` is the number of its line of history: the order in which it was posted.
CREATE TABLE processed_transactions (
    transaction_id text PRIMARY KEY,
    kind           text NOT NULL CHECK (kind IN ('purchase', 'refund')),
    user_id        text NOT NULL REFERENCES members,
    seq            bigint NOT NULL,
    program        text NOT NULL,
    original_id    text REFERENCES processed_transactions,
    content_sha256 text NOT NULL,
    rule_set       text NOT NULL,
    currency       text NOT NULL,
    occurred_at    timestamptz NOT NULL,
    content        text NOT NULL,
    facts          text NOT NULL,
    usage          text NOT NULL,
    outcome        text NOT NULL,
    created_at     timestamptz NOT NULL
);
CREATE UNIQUE INDEX idx_processed_transactions_user ON processed_transactions (user_id, seq);
CREATE INDEX idx_processed_transactions_original ON processed_transactions (original_id) WHERE original_id IS NOT NULL;

-- What a refund needs of its purchase, and what refunds took so far.
CREATE TABLE posted_purchases (
    transaction_id text PRIMARY KEY REFERENCES processed_transactions,
    record         text NOT NULL,
    personal       text
);

-- One row a component of money; a reversal is a row of its own. Only the status changes.
CREATE TABLE cashback_transactions (
    id                  uuid NOT NULL,
    user_id             text NOT NULL,
    transaction_id      text NOT NULL REFERENCES processed_transactions,
    program             text NOT NULL,
    position            integer NOT NULL,
    transaction_amount  numeric NOT NULL,
    cashback_percentage numeric,
    cashback_amount     numeric NOT NULL,
    cashback_type       text NOT NULL CHECK (cashback_type IN ('base', 'loyalty', 'campaign', 'reversal')),
    component           text NOT NULL CHECK (component IN ('base', 'loyalty', 'campaign')),
    rule_id             text NOT NULL,
    campaign_id         text,
    category            text,
    tier                text,
    currency            text NOT NULL,
    rule_set            text NOT NULL,
    status              text NOT NULL CHECK (status IN ('calculated', 'credited', 'credit_failed')),
    occurred_at         timestamptz NOT NULL,
    processed_at        timestamptz,
    created_at          timestamptz NOT NULL,
    PRIMARY KEY (id, created_at),
    CHECK ((cashback_type = 'reversal') = (transaction_amount < 0) OR cashback_amount = 0)
) PARTITION BY RANGE (created_at);
CREATE TABLE cashback_transactions_default PARTITION OF cashback_transactions DEFAULT;
CREATE INDEX idx_cashback_transactions_user_status ON cashback_transactions (user_id, status);
CREATE INDEX idx_cashback_transactions_transaction_id ON cashback_transactions (transaction_id);
CREATE INDEX idx_cashback_transactions_user_created ON cashback_transactions (user_id, created_at DESC, id DESC);
CREATE INDEX idx_cashback_transactions_processed_at ON cashback_transactions (processed_at);

CREATE TABLE usage_counters (
    user_id text NOT NULL REFERENCES members,
    program text NOT NULL,
    key     text NOT NULL,
    period  text NOT NULL,
    units   bigint NOT NULL CHECK (units >= 0),
    opening bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, program, key, period)
) WITH (fillfactor = 80);

-- Counters that all members share.
CREATE TABLE budget_counters (
    program text NOT NULL,
    key     text NOT NULL,
    period  text NOT NULL,
    units   bigint NOT NULL CHECK (units >= 0),
    opening bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (program, key, period)
) WITH (fillfactor = 20);

CREATE TABLE reward_redemptions (
    id                 uuid PRIMARY KEY,
    user_id            text NOT NULL REFERENCES members,
    program            text NOT NULL,
    points_used        numeric NOT NULL CHECK (points_used > 0),
    redemption_type    text NOT NULL,
    redemption_details text,
    cash_value         numeric NOT NULL,
    currency           text NOT NULL,
    status             text NOT NULL CHECK (status IN ('pending', 'completed', 'failed', 'cancelled')),
    rule_set           text NOT NULL,
    record             text NOT NULL,
    occurred_at        timestamptz NOT NULL,
    processed_at       timestamptz,
    created_at         timestamptz NOT NULL
);
CREATE INDEX idx_reward_redemptions_user ON reward_redemptions (user_id, created_at DESC);
CREATE INDEX idx_reward_redemptions_status ON reward_redemptions (status) WHERE status = 'pending';

-- Which lots a redemption took its points from.
CREATE TABLE redemption_lots (
    redemption_id uuid NOT NULL REFERENCES reward_redemptions,
    lot_key       text NOT NULL,
    points        numeric NOT NULL CHECK (points > 0),
    PRIMARY KEY (redemption_id, lot_key)
);

CREATE TABLE user_campaigns (
    id           uuid NOT NULL,
    user_id      text NOT NULL REFERENCES members,
    program      text NOT NULL,
    campaign_id  text NOT NULL,
    total_earned numeric NOT NULL DEFAULT 0,
    total_points numeric NOT NULL DEFAULT 0,
    usage_count  integer NOT NULL DEFAULT 0,
    last_used    date,
    enrolled_at  timestamptz,
    left_at      timestamptz,
    PRIMARY KEY (user_id, program, campaign_id),
    FOREIGN KEY (program, campaign_id) REFERENCES campaigns (program, id)
);

-- Append-only, chained by a keyed hash a member.
CREATE TABLE reward_history (
    id              uuid PRIMARY KEY,
    user_id         text NOT NULL REFERENCES members,
    program         text NOT NULL,
    seq             bigint NOT NULL,
    action_type     text NOT NULL,
    points_change   numeric NOT NULL DEFAULT 0,
    cashback_change numeric NOT NULL DEFAULT 0,
    currency        text NOT NULL,
    rule_set        text NOT NULL,
    description     text NOT NULL,
    metadata        text NOT NULL DEFAULT '{}',
    chain           text NOT NULL,
    occurred_at     timestamptz NOT NULL,
    created_at      timestamptz NOT NULL,
    UNIQUE (user_id, seq)
);
CREATE INDEX idx_reward_history_user_created ON reward_history (user_id, created_at DESC);

-- Messages to others, written in the commit of what they tell.
CREATE TABLE outbox (
    id         uuid PRIMARY KEY,
    user_id    text NOT NULL,
    seq        bigint NOT NULL,
    type       text NOT NULL,
    payload    text NOT NULL,
    state      text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),
    attempts   integer NOT NULL DEFAULT 0,
    error      text,
    created_at timestamptz NOT NULL,
    sent_at    timestamptz,
    UNIQUE (user_id, seq)
);
CREATE INDEX idx_outbox_waiting ON outbox (user_id, seq) WHERE state = 'waiting';

CREATE TABLE idempotency_keys (
    scope          text NOT NULL,
    key            text NOT NULL,
    request_sha256 text NOT NULL,
    user_id        text NOT NULL,
    answer         text NOT NULL,
    created_at     timestamptz NOT NULL,
    PRIMARY KEY (scope, key)
);
CREATE INDEX idx_idempotency_keys_created ON idempotency_keys (created_at);

CREATE TABLE access_log (
    id         uuid PRIMARY KEY,
    subject    text,
    roles      text NOT NULL,
    method     text NOT NULL,
    path       text NOT NULL,
    status     integer NOT NULL,
    request_id text NOT NULL,
    address    text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX idx_access_log_created ON access_log (created_at);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER reward_history_append_only BEFORE UPDATE OR DELETE ON reward_history FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reward_history_no_truncate BEFORE TRUNCATE ON reward_history EXECUTE FUNCTION refuse_change();
CREATE TRIGGER processed_transactions_append_only BEFORE UPDATE OR DELETE ON processed_transactions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER processed_transactions_no_truncate BEFORE TRUNCATE ON processed_transactions EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rule_sets_append_only BEFORE UPDATE OR DELETE ON rule_sets FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE FUNCTION only_status_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (to_jsonb(NEW) - ARRAY['status', 'processed_at']) <> (to_jsonb(OLD) - ARRAY['status', 'processed_at'])
       OR (OLD.status, NEW.status) NOT IN (('calculated', 'credited'), ('calculated', 'credit_failed'), ('credit_failed', 'calculated')) THEN
        RAISE EXCEPTION 'of a cashback transaction only the status changes, from calculated to credited or credit_failed'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cashback_transactions_status BEFORE UPDATE OR DELETE ON cashback_transactions FOR EACH ROW EXECUTE FUNCTION only_status_changes();
