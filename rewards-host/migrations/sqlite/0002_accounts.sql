-- Adjustments of points that a second person has to approve. Once approved they are in the history like any other.
CREATE TABLE pending_adjustments (
    id          text PRIMARY KEY,
    user_id     text NOT NULL,
    program     text NOT NULL REFERENCES programs,
    points      text NOT NULL,
    expires_on  text,
    reason      text NOT NULL,
    asked_by    text NOT NULL,
    state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'posted')),
    approved_by text,
    decided_at  text,
    created_at  text NOT NULL,
    CONSTRAINT posted_means_approved CHECK ((state = 'posted') = (approved_by IS NOT NULL)),
    CONSTRAINT two_people CHECK (approved_by <> asked_by)
) STRICT;
CREATE INDEX idx_pending_adjustments_waiting ON pending_adjustments (created_at, id) WHERE state = 'waiting';
