-- Campaigns that are paused, and members of segments.

-- A pause publishes rules anew also where others take force later: of two publications from one instant on, the one that was
-- made later holds. Which that is, the store says and no clock: publications of a program are made one after the other.
DROP INDEX idx_publications_program_from;
ALTER TABLE publications ADD COLUMN made bigint GENERATED ALWAYS AS IDENTITY;
CREATE INDEX idx_publications_program_from ON publications (program, in_force_from, made);

-- Campaigns that are paused now; who paused and resumed what is in rule_audit.
CREATE TABLE campaign_pauses (
    program     text NOT NULL REFERENCES programs,
    campaign_id text NOT NULL,
    reason      text NOT NULL,
    paused_by   text NOT NULL,
    paused_at   timestamptz NOT NULL,
    PRIMARY KEY (program, campaign_id)
);

-- Segments of which the members were uploaded. `content_sha256` is of their ids in order, each with a line end.
CREATE TABLE segments (
    program        text NOT NULL REFERENCES programs,
    segment        text NOT NULL,
    members        bigint NOT NULL,
    content_sha256 text NOT NULL,
    uploaded_by    text NOT NULL,
    uploaded_at    timestamptz NOT NULL,
    PRIMARY KEY (program, segment)
);

-- Ids of members who need not be known yet.
CREATE TABLE segment_members (
    user_id text NOT NULL,
    program text NOT NULL,
    segment text NOT NULL,
    PRIMARY KEY (user_id, program, segment),
    FOREIGN KEY (program, segment) REFERENCES segments
);
CREATE INDEX idx_segment_members_segment ON segment_members (program, segment);

-- Pages that are full are summed up soon, and not at the next vacuum: until then every question would read them.
ALTER INDEX idx_processed_transactions_created SET (autosummarize = on);
