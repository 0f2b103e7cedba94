-- The ledger, as in PostgreSQL. Money and points are INTEGER: units of the currency's and the program's decimals; instants are
-- UTC in RFC 3339 with microseconds, so that their texts sort as they do. Ids from outside (users, transactions) and rule ids are text; ids that the service makes are UUIDv7.
-- What is kept as `text` although it is JSON (outcome, transaction, records) is compared and hashed by its bytes.

CREATE TABLE programs (
    program         text PRIMARY KEY,
    currency        text NOT NULL,
    money_decimals  integer NOT NULL,
    points_decimals integer NOT NULL,
    timezone        text NOT NULL,
    created_at      text NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
) STRICT;

CREATE TABLE rule_sets (
    hash       text PRIMARY KEY,
    program    text NOT NULL REFERENCES programs,
    files      text NOT NULL,
    created_at text NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
) STRICT;

CREATE TABLE publications (
    id            text PRIMARY KEY,
    program       text NOT NULL REFERENCES programs,
    rule_set      text NOT NULL REFERENCES rule_sets,
    in_force_from text NOT NULL,
    published_by  text NOT NULL,
    approved_by   text,
    note          text NOT NULL DEFAULT '',
    created_at    text NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
) STRICT;
CREATE UNIQUE INDEX idx_publications_program_from ON publications (program, in_force_from);

-- One row a level; in a program without tiers one row `standard`.
CREATE TABLE loyalty_programs (
    id           text PRIMARY KEY,
    program      text NOT NULL REFERENCES programs,
    name         text NOT NULL,
    description  text NOT NULL DEFAULT '',
    tier_type    text NOT NULL,
    rank         integer NOT NULL,
    benefits     text NOT NULL DEFAULT '{}',
    requirements text NOT NULL DEFAULT '{}',
    min_spending text NOT NULL DEFAULT '0',
    max_spending text,
    is_active    integer NOT NULL DEFAULT 1,
    created_at   text NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    updated_at   text NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    UNIQUE (program, tier_type)
) STRICT;
CREATE INDEX idx_loyalty_programs_name ON loyalty_programs (name);
CREATE INDEX idx_loyalty_programs_tier_type ON loyalty_programs (tier_type);
CREATE INDEX idx_loyalty_programs_is_active ON loyalty_programs (is_active);

CREATE TABLE campaigns (
    program         text NOT NULL REFERENCES programs,
    id              text NOT NULL,
    name            text NOT NULL,
    description     text NOT NULL DEFAULT '',
    campaign_type   text NOT NULL,
    rules           text NOT NULL DEFAULT '{}',
    rewards         text NOT NULL DEFAULT '{}',
    start_date      text,
    end_date        text,
    min_transaction text,
    max_cashback    text,
    funded_by       text,
    is_active       integer NOT NULL DEFAULT 1,
    created_at      text NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    PRIMARY KEY (program, id)
) STRICT;
CREATE INDEX idx_campaigns_active_dates ON campaigns (is_active, start_date, end_date);

-- The row that is locked for every change of a member; `version` tells caches which answer is newer.
CREATE TABLE members (
    user_id      text PRIMARY KEY,
    status       text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'blocked', 'closed')),
    facts        text,
    version      integer NOT NULL DEFAULT 0,
    history_seq  integer NOT NULL DEFAULT 0,
    history_head text NOT NULL DEFAULT '',
    outbox_seq   integer NOT NULL DEFAULT 0,
    created_at   text NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
) STRICT;

-- The key that a member's facts are encrypted under, itself wrapped by a master key. Without a row: forgotten.
CREATE TABLE member_keys (
    user_id    text PRIMARY KEY REFERENCES members,
    wrapped    text NOT NULL,
    master_key text NOT NULL
) STRICT;

CREATE TABLE user_loyalty_status (
    id                 text NOT NULL,
    user_id            text NOT NULL REFERENCES members,
    program_id         text NOT NULL REFERENCES loyalty_programs,
    program            text NOT NULL,
    current_tier       text,
    total_spending     text NOT NULL DEFAULT '0',
    tier_progress      text NOT NULL DEFAULT '0' ,
    tier_achieved_date text,
    tier_expiry_date   text,
    record             text NOT NULL,
    last_updated       text NOT NULL,
    PRIMARY KEY (user_id, id),
    UNIQUE (user_id, program)
) STRICT;
CREATE INDEX idx_user_loyalty_status_user_id ON user_loyalty_status (user_id);
CREATE INDEX idx_user_loyalty_status_program_id ON user_loyalty_status (program_id);
CREATE INDEX idx_user_loyalty_status_current_tier ON user_loyalty_status (current_tier);

CREATE TABLE reward_points (
    id               text NOT NULL,
    user_id          text NOT NULL REFERENCES members,
    program          text NOT NULL,
    lot_key          text NOT NULL,
    seq              integer NOT NULL,
    points_earned    integer NOT NULL CHECK (points_earned > 0),
    points_available integer NOT NULL CHECK (points_available >= 0),
    points_pending   integer NOT NULL DEFAULT 0 CHECK (points_pending >= 0),
    points_redeemed  integer NOT NULL DEFAULT 0 CHECK (points_redeemed >= 0),
    points_expired   integer NOT NULL DEFAULT 0 CHECK (points_expired >= 0),
    points_reversed  integer NOT NULL DEFAULT 0 CHECK (points_reversed >= 0),
    points_moved     integer NOT NULL DEFAULT 0 CHECK (points_moved >= 0),
    source_type      text NOT NULL,
    source_id        text NOT NULL,
    spendable_date   text NOT NULL,
    expiry_date      text,
    counted_expired  integer NOT NULL DEFAULT 0,
    rule_set         text NOT NULL,
    occurred_at      text NOT NULL,
    created_at       text NOT NULL,
    PRIMARY KEY (user_id, id),
    UNIQUE (user_id, program, lot_key),
    CONSTRAINT parts_add_up CHECK (points_earned = points_available + points_pending + points_redeemed
        + points_expired + points_reversed + points_moved)
) STRICT;
CREATE INDEX idx_reward_points_user_id_expiry ON reward_points (user_id, expiry_date);
CREATE INDEX idx_reward_points_source_type ON reward_points (source_type);
CREATE INDEX idx_reward_points_expiry_date ON reward_points (expiry_date) WHERE points_available > 0 OR points_pending > 0;

-- Claims an id once for ever. `seq` is the number of its line of history: the order in which it was posted.
CREATE TABLE processed_transactions (
    transaction_id text PRIMARY KEY,
    kind           text NOT NULL CHECK (kind IN ('purchase', 'refund')),
    user_id        text NOT NULL REFERENCES members,
    seq            integer NOT NULL,
    program        text NOT NULL,
    original_id    text REFERENCES processed_transactions,
    content_sha256 text NOT NULL,
    rule_set       text NOT NULL,
    currency       text NOT NULL,
    occurred_at    text NOT NULL,
    content        text NOT NULL,
    facts          text NOT NULL,
    usage          text NOT NULL,
    outcome        text NOT NULL,
    created_at     text NOT NULL
) STRICT;
CREATE UNIQUE INDEX idx_processed_transactions_user ON processed_transactions (user_id, seq);
CREATE INDEX idx_processed_transactions_original ON processed_transactions (original_id) WHERE original_id IS NOT NULL;

-- What a refund needs of its purchase, and what refunds took so far.
CREATE TABLE posted_purchases (
    transaction_id text PRIMARY KEY REFERENCES processed_transactions,
    record         text NOT NULL,
    personal       text
) STRICT;

-- One row a component of money; a reversal is a row of its own. Only the status changes.
CREATE TABLE cashback_transactions (
    id                  text NOT NULL,
    user_id             text NOT NULL,
    transaction_id      text NOT NULL REFERENCES processed_transactions,
    program             text NOT NULL,
    position            integer NOT NULL,
    transaction_amount  integer NOT NULL,
    cashback_percentage text,
    cashback_amount     integer NOT NULL,
    cashback_type       text NOT NULL CHECK (cashback_type IN ('base', 'loyalty', 'campaign', 'reversal')),
    component           text NOT NULL CHECK (component IN ('base', 'loyalty', 'campaign')),
    rule_id             text NOT NULL,
    campaign_id         text,
    category            text,
    tier                text,
    currency            text NOT NULL,
    rule_set            text NOT NULL,
    status              text NOT NULL CHECK (status IN ('calculated', 'credited', 'credit_failed')),
    occurred_at         text NOT NULL,
    processed_at        text,
    created_at          text NOT NULL,
    PRIMARY KEY (id, created_at),
    CHECK ((cashback_type = 'reversal') = (transaction_amount < 0) OR cashback_amount = 0)
) STRICT;
CREATE INDEX idx_cashback_transactions_user_status ON cashback_transactions (user_id, status);
CREATE INDEX idx_cashback_transactions_transaction_id ON cashback_transactions (transaction_id);
CREATE INDEX idx_cashback_transactions_user_created ON cashback_transactions (user_id, created_at DESC, id DESC);
CREATE INDEX idx_cashback_transactions_processed_at ON cashback_transactions (processed_at);

CREATE TABLE usage_counters (
    user_id text NOT NULL REFERENCES members,
    program text NOT NULL,
    key     text NOT NULL,
    period  text NOT NULL,
    units   integer NOT NULL CHECK (units >= 0),
    opening integer NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, program, key, period)
) STRICT;

-- Counters that all members share.
CREATE TABLE budget_counters (
    program text NOT NULL,
    key     text NOT NULL,
    period  text NOT NULL,
    units   integer NOT NULL CHECK (units >= 0),
    opening integer NOT NULL DEFAULT 0,
    PRIMARY KEY (program, key, period)
) STRICT;

CREATE TABLE reward_redemptions (
    id                 text PRIMARY KEY,
    user_id            text NOT NULL REFERENCES members,
    program            text NOT NULL,
    points_used        integer NOT NULL CHECK (points_used > 0),
    redemption_type    text NOT NULL,
    redemption_details text,
    cash_value         integer NOT NULL,
    currency           text NOT NULL,
    status             text NOT NULL CHECK (status IN ('pending', 'completed', 'failed', 'cancelled')),
    rule_set           text NOT NULL,
    record             text NOT NULL,
    occurred_at        text NOT NULL,
    processed_at       text,
    created_at         text NOT NULL
) STRICT;
CREATE INDEX idx_reward_redemptions_user ON reward_redemptions (user_id, created_at DESC);
CREATE INDEX idx_reward_redemptions_status ON reward_redemptions (status) WHERE status = 'pending';

-- Which lots a redemption took its points from.
CREATE TABLE redemption_lots (
    redemption_id text NOT NULL REFERENCES reward_redemptions,
    lot_key       text NOT NULL,
    points        integer NOT NULL CHECK (points > 0),
    PRIMARY KEY (redemption_id, lot_key)
) STRICT;

CREATE TABLE user_campaigns (
    id           text NOT NULL,
    user_id      text NOT NULL REFERENCES members,
    program      text NOT NULL,
    campaign_id  text NOT NULL,
    total_earned integer NOT NULL DEFAULT 0,
    total_points integer NOT NULL DEFAULT 0,
    usage_count  integer NOT NULL DEFAULT 0,
    last_used    text,
    enrolled_at  text,
    left_at      text,
    PRIMARY KEY (user_id, program, campaign_id),
    FOREIGN KEY (program, campaign_id) REFERENCES campaigns (program, id)
) STRICT;

-- Append-only, chained by a keyed hash a member.
CREATE TABLE reward_history (
    id              text PRIMARY KEY,
    user_id         text NOT NULL REFERENCES members,
    program         text NOT NULL,
    seq             integer NOT NULL,
    action_type     text NOT NULL,
    points_change   integer NOT NULL DEFAULT 0,
    cashback_change integer NOT NULL DEFAULT 0,
    currency        text NOT NULL,
    rule_set        text NOT NULL,
    description     text NOT NULL,
    metadata        text NOT NULL DEFAULT '{}',
    chain           text NOT NULL,
    occurred_at     text NOT NULL,
    created_at      text NOT NULL,
    UNIQUE (user_id, seq)
) STRICT;
CREATE INDEX idx_reward_history_user_created ON reward_history (user_id, created_at DESC);

-- Messages to others, written in the commit of what they tell.
CREATE TABLE outbox (
    id         text PRIMARY KEY,
    user_id    text NOT NULL,
    seq        integer NOT NULL,
    type       text NOT NULL,
    payload    text NOT NULL,
    state      text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),
    attempts   integer NOT NULL DEFAULT 0,
    error      text,
    created_at text NOT NULL,
    sent_at    text,
    UNIQUE (user_id, seq)
) STRICT;
CREATE INDEX idx_outbox_waiting ON outbox (user_id, seq) WHERE state = 'waiting';

CREATE TABLE idempotency_keys (
    scope          text NOT NULL,
    key            text NOT NULL,
    request_sha256 text NOT NULL,
    user_id        text NOT NULL,
    answer         text NOT NULL,
    created_at     text NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT;
CREATE INDEX idx_idempotency_keys_created ON idempotency_keys (created_at);

CREATE TABLE access_log (
    id         text PRIMARY KEY,
    subject    text,
    roles      text NOT NULL,
    method     text NOT NULL,
    path       text NOT NULL,
    status     integer NOT NULL,
    request_id text NOT NULL,
    address    text NOT NULL,
    created_at text NOT NULL
) STRICT;
CREATE INDEX idx_access_log_created ON access_log (created_at);

CREATE TRIGGER reward_history_no_update BEFORE UPDATE ON reward_history BEGIN
    SELECT RAISE(ABORT, 'reward_history is append-only');
END;
CREATE TRIGGER reward_history_no_delete BEFORE DELETE ON reward_history BEGIN
    SELECT RAISE(ABORT, 'reward_history is append-only');
END;
CREATE TRIGGER processed_transactions_no_update BEFORE UPDATE ON processed_transactions BEGIN
    SELECT RAISE(ABORT, 'processed_transactions is append-only');
END;
CREATE TRIGGER processed_transactions_no_delete BEFORE DELETE ON processed_transactions BEGIN
    SELECT RAISE(ABORT, 'processed_transactions is append-only');
END;
CREATE TRIGGER rule_sets_no_update BEFORE UPDATE ON rule_sets BEGIN
    SELECT RAISE(ABORT, 'rule_sets is append-only');
END;
CREATE TRIGGER rule_sets_no_delete BEFORE DELETE ON rule_sets BEGIN
    SELECT RAISE(ABORT, 'rule_sets is append-only');
END;
CREATE TRIGGER cashback_transactions_no_delete BEFORE DELETE ON cashback_transactions BEGIN
    SELECT RAISE(ABORT, 'of a cashback transaction only the status changes');
END;
CREATE TRIGGER cashback_transactions_status BEFORE UPDATE ON cashback_transactions
    WHEN NEW.id IS NOT OLD.id
         OR NEW.user_id IS NOT OLD.user_id
         OR NEW.transaction_id IS NOT OLD.transaction_id
         OR NEW.program IS NOT OLD.program
         OR NEW.position IS NOT OLD.position
         OR NEW.transaction_amount IS NOT OLD.transaction_amount
         OR NEW.cashback_percentage IS NOT OLD.cashback_percentage
         OR NEW.cashback_amount IS NOT OLD.cashback_amount
         OR NEW.cashback_type IS NOT OLD.cashback_type
         OR NEW.component IS NOT OLD.component
         OR NEW.rule_id IS NOT OLD.rule_id
         OR NEW.campaign_id IS NOT OLD.campaign_id
         OR NEW.category IS NOT OLD.category
         OR NEW.tier IS NOT OLD.tier
         OR NEW.currency IS NOT OLD.currency
         OR NEW.rule_set IS NOT OLD.rule_set
         OR NEW.occurred_at IS NOT OLD.occurred_at
         OR NEW.created_at IS NOT OLD.created_at
         OR (OLD.status || '>' || NEW.status) NOT IN ('calculated>credited', 'calculated>credit_failed', 'credit_failed>calculated')
BEGIN
    SELECT RAISE(ABORT, 'of a cashback transaction only the status changes, from calculated to credited or credit_failed');
END;
