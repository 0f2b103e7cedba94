-- By which keys the store was written: a keyed hash of each, never a key.
CREATE TABLE store_keys (
    id          text PRIMARY KEY,
    fingerprint text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
