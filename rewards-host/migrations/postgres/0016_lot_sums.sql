-- What lots come to, by program and the day on which they expire ('' for never): what `lot_sums` has, and what came since.
-- Triggers keep it, so that it holds for whatever version of the service writes lots, and nothing is hot.
SET LOCAL statement_timeout = 0;
CREATE TABLE lot_sums (
    program   text NOT NULL,
    expires   text NOT NULL,
    earned    numeric NOT NULL,
    available numeric NOT NULL,
    pending   numeric NOT NULL,
    redeemed  numeric NOT NULL,
    expired   numeric NOT NULL,
    reversed  numeric NOT NULL,
    moved     numeric NOT NULL,
    PRIMARY KEY (program, expires)
);
CREATE TABLE lot_changes (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    program   text NOT NULL,
    expires   text NOT NULL,
    earned    numeric NOT NULL,
    available numeric NOT NULL,
    pending   numeric NOT NULL,
    redeemed  numeric NOT NULL,
    expired   numeric NOT NULL,
    reversed  numeric NOT NULL,
    moved     numeric NOT NULL
);
CREATE FUNCTION lots_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO lot_changes (program, expires, earned, available, pending, redeemed, expired, reversed, moved)
    SELECT program, coalesce(to_char(expiry_date, 'YYYY-MM-DD'), ''), sum(points_earned), sum(points_available), sum(points_pending), sum(points_redeemed), sum(points_expired), sum(points_reversed), sum(points_moved)
    FROM new_lots
    GROUP BY 1, 2;
    RETURN NULL;
END $$;
CREATE FUNCTION lots_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO lot_changes (program, expires, earned, available, pending, redeemed, expired, reversed, moved)
    SELECT program, coalesce(to_char(expiry_date, 'YYYY-MM-DD'), ''), -sum(points_earned), -sum(points_available), -sum(points_pending), -sum(points_redeemed), -sum(points_expired), -sum(points_reversed), -sum(points_moved)
    FROM old_lots
    GROUP BY 1, 2;
    RETURN NULL;
END $$;
CREATE FUNCTION lots_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO lot_changes (program, expires, earned, available, pending, redeemed, expired, reversed, moved)
    SELECT program, coalesce(to_char(expiry_date, 'YYYY-MM-DD'), ''), sum(sign * points_earned), sum(sign * points_available), sum(sign * points_pending), sum(sign * points_redeemed), sum(sign * points_expired), sum(sign * points_reversed), sum(sign * points_moved)
    FROM (SELECT 1 AS sign, * FROM new_lots UNION ALL SELECT -1, * FROM old_lots) AS lots
    GROUP BY 1, 2
    HAVING sum(sign * points_earned) <> 0 OR sum(sign * points_available) <> 0 OR sum(sign * points_pending) <> 0 OR sum(sign * points_redeemed) <> 0 OR sum(sign * points_expired) <> 0 OR sum(sign * points_reversed) <> 0 OR sum(sign * points_moved) <> 0;
    RETURN NULL;
END $$;
-- The table is locked from here on, so that nothing comes between the triggers and the sums.
CREATE TRIGGER reward_points_inserted AFTER INSERT ON reward_points REFERENCING NEW TABLE AS new_lots FOR EACH STATEMENT EXECUTE FUNCTION lots_inserted();
CREATE TRIGGER reward_points_updated AFTER UPDATE ON reward_points REFERENCING OLD TABLE AS old_lots NEW TABLE AS new_lots FOR EACH STATEMENT EXECUTE FUNCTION lots_updated();
CREATE TRIGGER reward_points_deleted AFTER DELETE ON reward_points REFERENCING OLD TABLE AS old_lots FOR EACH STATEMENT EXECUTE FUNCTION lots_deleted();
INSERT INTO lot_sums (program, expires, earned, available, pending, redeemed, expired, reversed, moved)
SELECT program, coalesce(to_char(expiry_date, 'YYYY-MM-DD'), ''), sum(points_earned), sum(points_available), sum(points_pending), sum(points_redeemed), sum(points_expired), sum(points_reversed), sum(points_moved)
FROM reward_points
GROUP BY 1, 2;
