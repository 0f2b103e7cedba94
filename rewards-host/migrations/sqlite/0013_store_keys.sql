-- By which keys the store was written: a keyed hash of each, never a key.
CREATE TABLE store_keys (
    id          TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    created_at  TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
) STRICT;
