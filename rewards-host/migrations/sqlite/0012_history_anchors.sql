-- What the heads of members' histories were at the end of an hour.
CREATE TABLE history_anchors (
    seq        INTEGER PRIMARY KEY CHECK (seq > 0),
    until      TEXT NOT NULL UNIQUE,
    members    INTEGER NOT NULL CHECK (members >= 0),
    chain      TEXT NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
) STRICT;
CREATE TRIGGER history_anchors_no_update BEFORE UPDATE ON history_anchors BEGIN
    SELECT RAISE(ABORT, 'history_anchors is append-only');
END;
CREATE TRIGGER history_anchors_no_delete BEFORE DELETE ON history_anchors BEGIN
    SELECT RAISE(ABORT, 'history_anchors is append-only');
END;
-- Lines of an hour are found by it.
CREATE INDEX idx_reward_history_created ON reward_history (created_at);
