-- What never changes is not emptied either.
CREATE TRIGGER rule_sets_no_truncate BEFORE TRUNCATE ON rule_sets EXECUTE FUNCTION refuse_change();
CREATE TRIGGER cashback_transactions_no_truncate BEFORE TRUNCATE ON cashback_transactions EXECUTE FUNCTION refuse_change();
CREATE TRIGGER publications_no_truncate BEFORE TRUNCATE ON publications EXECUTE FUNCTION refuse_change();
CREATE TRIGGER publications_append_only BEFORE UPDATE OR DELETE ON publications FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER members_counted_no_truncate BEFORE TRUNCATE ON members_counted EXECUTE FUNCTION refuse_change();
CREATE TRIGGER members_counted_append_only BEFORE UPDATE OR DELETE ON members_counted FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER counter_fills_no_truncate BEFORE TRUNCATE ON counter_fills EXECUTE FUNCTION refuse_change();
CREATE TRIGGER counter_fills_no_delete BEFORE DELETE ON counter_fills FOR EACH ROW EXECUTE FUNCTION refuse_change();
