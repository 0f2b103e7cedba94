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

