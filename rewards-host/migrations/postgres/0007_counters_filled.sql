-- Counters that rules want which nobody counted until they were asked for: they are filled from stored purchases.

-- The last number of `counter_fills`. Asking locks the row, so that numbers are committed in order.
CREATE TABLE counter_fill_last (
    id  bigint PRIMARY KEY CHECK (id = 1),
    seq  bigint NOT NULL
);
INSERT INTO counter_fill_last (id, seq) VALUES (1, 0);

-- Counters (a JSON list of keys) of rules that are not in force yet. Periods that ended before `since` are not filled.
CREATE TABLE counter_fills (
    seq      bigint PRIMARY KEY,
    program  text NOT NULL REFERENCES programs,
    keys     text NOT NULL,
    rule_set text NOT NULL,
    files    text NOT NULL,
    since    date NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT now()
);

-- Through which number of `counter_fills` the counters of a member have all that was posted.
ALTER TABLE members ADD COLUMN counted bigint NOT NULL DEFAULT 0;
CREATE INDEX idx_members_counted ON members (counted);

-- After which line of a member's history the counters of (`after_fill`, `through_fill`] were filled.
CREATE TABLE members_counted (
    user_id      text NOT NULL REFERENCES members,
    through_fill bigint NOT NULL,
    after_fill   bigint NOT NULL,
    history_seq  bigint NOT NULL,
    PRIMARY KEY (user_id, through_fill)
);
