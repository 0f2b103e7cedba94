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

