-- Rule sets on their way to a publication, who did what with them, and sums for reports.

-- `files` is JSON, path to text; `editors` a JSON list of those who changed it.
CREATE TABLE drafts (
    id           uuid PRIMARY KEY,
    program      text NOT NULL,
    files        text NOT NULL,
    version      bigint NOT NULL DEFAULT 1,
    state        text NOT NULL CHECK (state IN ('draft', 'in_review', 'approved', 'published', 'withdrawn')),
    author       text NOT NULL,
    editors      text NOT NULL,
    submitted_by text,
    approved_by  text,
    rule_set     text,
    note         text NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL
);

-- Append-only.
CREATE TABLE rule_audit (
    id         uuid PRIMARY KEY,
    program    text NOT NULL,
    draft_id   uuid REFERENCES drafts,
    rule_set   text,
    action     text NOT NULL,
    subject    text NOT NULL,
    detail     text NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL
);
CREATE INDEX idx_rule_audit_draft ON rule_audit (draft_id, id);
CREATE INDEX idx_rule_audit_rule_set ON rule_audit (rule_set, id);
CREATE INDEX idx_publications_rule_set ON publications (rule_set);

CREATE TRIGGER rule_audit_append_only BEFORE UPDATE OR DELETE ON rule_audit FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rule_audit_no_truncate BEFORE TRUNCATE ON rule_audit EXECUTE FUNCTION refuse_change();

-- Sums of what was processed, by local day of the program; exact up to the watermark. `amount` is minor units of money, units of
-- points of kind `points`, units of its counter of kind `budget`; `spend` the purchases on which it was granted.
CREATE TABLE analytics_daily (
    program     text NOT NULL,
    day         date NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('purchase', 'refund', 'base', 'loyalty', 'campaign', 'reversal', 'points', 'budget')),
    rule_id     text NOT NULL,
    campaign_id text NOT NULL,
    tier        text NOT NULL,
    category    text NOT NULL,
    currency    text NOT NULL,
    count       bigint NOT NULL,
    amount      bigint NOT NULL,
    spend       bigint NOT NULL,
    PRIMARY KEY (program, day, kind, rule_id, campaign_id, tier, category, currency)
);

-- One row: everything that was kept before this instant is in the sums.
CREATE TABLE analytics_state (
    id        integer PRIMARY KEY CHECK (id = 1),
    watermark timestamptz NOT NULL
);
INSERT INTO analytics_state VALUES (1, '1970-01-01T00:00:00Z');

-- Rows come in order of this, so a summary of ranges is enough and costs a posting next to nothing.
CREATE INDEX idx_processed_transactions_created ON processed_transactions USING brin (created_at) WITH (pages_per_range = 16);
