-- Rule sets on their way to a publication, who did what with them, and sums for reports.

-- `files` is JSON, path to text; `editors` a JSON list of those who changed it.
CREATE TABLE drafts (
    id           text PRIMARY KEY,
    program      text NOT NULL,
    files        text NOT NULL,
    version      integer NOT NULL DEFAULT 1,
    state        text NOT NULL CHECK (state IN ('draft', 'in_review', 'approved', 'published', 'withdrawn')),
    author       text NOT NULL,
    editors      text NOT NULL,
    submitted_by text,
    approved_by  text,
    rule_set     text,
    note         text NOT NULL DEFAULT '',
    created_at   text NOT NULL,
    updated_at   text NOT NULL
) STRICT;

-- Append-only.
CREATE TABLE rule_audit (
    id         text PRIMARY KEY,
    program    text NOT NULL,
    draft_id   text REFERENCES drafts,
    rule_set   text,
    action     text NOT NULL,
    subject    text NOT NULL,
    detail     text NOT NULL DEFAULT '{}',
    created_at text NOT NULL
) STRICT;
CREATE INDEX idx_rule_audit_draft ON rule_audit (draft_id, id);
CREATE INDEX idx_rule_audit_rule_set ON rule_audit (rule_set, id);
CREATE INDEX idx_publications_rule_set ON publications (rule_set);

CREATE TRIGGER rule_audit_no_update BEFORE UPDATE ON rule_audit BEGIN
    SELECT RAISE(ABORT, 'rule_audit is append-only');
END;
CREATE TRIGGER rule_audit_no_delete BEFORE DELETE ON rule_audit BEGIN
    SELECT RAISE(ABORT, 'rule_audit is append-only');
END;

-- Sums of what was processed, by local day of the program; exact up to the watermark. `amount` is minor units of money, units of
-- points of kind `points`, units of its counter of kind `budget`; `spend` the purchases on which it was granted.
CREATE TABLE analytics_daily (
    program     text NOT NULL,
    day         text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('purchase', 'refund', 'base', 'loyalty', 'campaign', 'reversal', 'points', 'budget')),
    rule_id     text NOT NULL,
    campaign_id text NOT NULL,
    tier        text NOT NULL,
    category    text NOT NULL,
    currency    text NOT NULL,
    count       integer NOT NULL,
    amount      integer NOT NULL,
    spend       integer NOT NULL,
    PRIMARY KEY (program, day, kind, rule_id, campaign_id, tier, category, currency)
) STRICT, WITHOUT ROWID;

-- One row: everything that was kept before this instant is in the sums.
CREATE TABLE analytics_state (
    id        integer PRIMARY KEY CHECK (id = 1),
    watermark text NOT NULL
) STRICT;
INSERT INTO analytics_state VALUES (1, '1970-01-01T00:00:00.000000Z');

CREATE INDEX idx_processed_transactions_created ON processed_transactions (created_at);
