-- What never changes, as on PostgreSQL.
CREATE TRIGGER publications_no_update BEFORE UPDATE ON publications BEGIN
    SELECT RAISE(ABORT, 'publications is append-only');
END;
CREATE TRIGGER publications_no_delete BEFORE DELETE ON publications BEGIN
    SELECT RAISE(ABORT, 'publications is append-only');
END;
CREATE TRIGGER members_counted_no_update BEFORE UPDATE ON members_counted BEGIN
    SELECT RAISE(ABORT, 'members_counted is append-only');
END;
CREATE TRIGGER members_counted_no_delete BEFORE DELETE ON members_counted BEGIN
    SELECT RAISE(ABORT, 'members_counted is append-only');
END;
CREATE TRIGGER counter_fills_no_delete BEFORE DELETE ON counter_fills BEGIN
    SELECT RAISE(ABORT, 'counter_fills is append-only');
END;
