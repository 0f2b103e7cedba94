-- What the heads of members' histories were at the end of an hour.
CREATE TABLE history_anchors (
    seq        bigint PRIMARY KEY CHECK (seq > 0),
    until      timestamptz NOT NULL UNIQUE,
    members    bigint NOT NULL CHECK (members >= 0),
    chain      text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TRIGGER history_anchors_append_only BEFORE UPDATE OR DELETE ON history_anchors FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER history_anchors_no_truncate BEFORE TRUNCATE ON history_anchors EXECUTE FUNCTION refuse_change();
-- Lines of an hour are found by it.
CREATE INDEX idx_reward_history_created ON reward_history USING brin (created_at) WITH (autosummarize = on);
