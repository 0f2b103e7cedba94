-- What lots come to, by program and the day on which they expire ('' for never). Triggers keep it: there is one writer.
CREATE TABLE lot_sums (
    program   TEXT NOT NULL,
    expires   TEXT NOT NULL,
    earned    INTEGER NOT NULL,
    available INTEGER NOT NULL,
    pending   INTEGER NOT NULL,
    redeemed  INTEGER NOT NULL,
    expired   INTEGER NOT NULL,
    reversed  INTEGER NOT NULL,
    moved     INTEGER NOT NULL,
    PRIMARY KEY (program, expires)
) STRICT;
CREATE TRIGGER reward_points_inserted AFTER INSERT ON reward_points BEGIN
    INSERT INTO lot_sums (program, expires, earned, available, pending, redeemed, expired, reversed, moved)
    VALUES (NEW.program, coalesce(NEW.expiry_date, ''), NEW.points_earned, NEW.points_available, NEW.points_pending, NEW.points_redeemed, NEW.points_expired, NEW.points_reversed, NEW.points_moved)
    ON CONFLICT (program, expires) DO UPDATE SET earned = earned + excluded.earned, available = available + excluded.available, pending = pending + excluded.pending, redeemed = redeemed + excluded.redeemed, expired = expired + excluded.expired, reversed = reversed + excluded.reversed, moved = moved + excluded.moved;
END;
CREATE TRIGGER reward_points_updated AFTER UPDATE ON reward_points BEGIN
    INSERT INTO lot_sums (program, expires, earned, available, pending, redeemed, expired, reversed, moved)
    VALUES (OLD.program, coalesce(OLD.expiry_date, ''), -OLD.points_earned, -OLD.points_available, -OLD.points_pending, -OLD.points_redeemed, -OLD.points_expired, -OLD.points_reversed, -OLD.points_moved)
    ON CONFLICT (program, expires) DO UPDATE SET earned = earned + excluded.earned, available = available + excluded.available, pending = pending + excluded.pending, redeemed = redeemed + excluded.redeemed, expired = expired + excluded.expired, reversed = reversed + excluded.reversed, moved = moved + excluded.moved;
    INSERT INTO lot_sums (program, expires, earned, available, pending, redeemed, expired, reversed, moved)
    VALUES (NEW.program, coalesce(NEW.expiry_date, ''), NEW.points_earned, NEW.points_available, NEW.points_pending, NEW.points_redeemed, NEW.points_expired, NEW.points_reversed, NEW.points_moved)
    ON CONFLICT (program, expires) DO UPDATE SET earned = earned + excluded.earned, available = available + excluded.available, pending = pending + excluded.pending, redeemed = redeemed + excluded.redeemed, expired = expired + excluded.expired, reversed = reversed + excluded.reversed, moved = moved + excluded.moved;
END;
CREATE TRIGGER reward_points_deleted AFTER DELETE ON reward_points BEGIN
    INSERT INTO lot_sums (program, expires, earned, available, pending, redeemed, expired, reversed, moved)
    VALUES (OLD.program, coalesce(OLD.expiry_date, ''), -OLD.points_earned, -OLD.points_available, -OLD.points_pending, -OLD.points_redeemed, -OLD.points_expired, -OLD.points_reversed, -OLD.points_moved)
    ON CONFLICT (program, expires) DO UPDATE SET earned = earned + excluded.earned, available = available + excluded.available, pending = pending + excluded.pending, redeemed = redeemed + excluded.redeemed, expired = expired + excluded.expired, reversed = reversed + excluded.reversed, moved = moved + excluded.moved;
END;
INSERT INTO lot_sums (program, expires, earned, available, pending, redeemed, expired, reversed, moved)
SELECT program, coalesce(expiry_date, ''), sum(points_earned), sum(points_available), sum(points_pending), sum(points_redeemed), sum(points_expired), sum(points_reversed), sum(points_moved)
FROM reward_points
GROUP BY 1, 2;
