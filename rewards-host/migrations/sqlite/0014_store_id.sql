-- Which store this is: what stores share, as a Redis, tells them apart by it.
CREATE TABLE store_id (
    is_only INTEGER PRIMARY KEY DEFAULT 1 CHECK (is_only = 1),
    id      TEXT NOT NULL
) STRICT;
INSERT INTO store_id (id) VALUES (lower(hex(randomblob(16))));
