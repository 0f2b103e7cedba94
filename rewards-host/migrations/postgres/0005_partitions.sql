-- Makes the partition of this month and of as many months after it, where they are missing. A month of which the default
-- partition already has rows stays there.
CREATE FUNCTION make_cashback_partitions(ahead integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    first timestamptz;
    name text;
    made integer := 0;
BEGIN
    -- One replica at a time.
    PERFORM pg_advisory_xact_lock(hashtext('make_cashback_partitions'));
    FOR n IN 0..ahead LOOP
        first := (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => n)) AT TIME ZONE 'UTC';
        name := 'cashback_transactions_' || to_char(first AT TIME ZONE 'UTC', 'YYYY_MM');
        IF to_regclass(name) IS NULL AND NOT EXISTS (
            SELECT 1 FROM cashback_transactions_default
            WHERE created_at >= first AND created_at < first + interval '1 month'
        ) THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF cashback_transactions FOR VALUES FROM (%L) TO (%L)', name, first,
                (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => n + 1)) AT TIME ZONE 'UTC');
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$;
