-- Which store this is: what stores share, as a Redis, tells them apart by it.
CREATE TABLE store_id (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    id      text NOT NULL
);
INSERT INTO store_id (id) VALUES (replace(gen_random_uuid()::text, '-', ''));
