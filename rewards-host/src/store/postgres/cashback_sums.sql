WITH own AS (
    -- An instant that is in the same month wherever its time zone is: the middle of the month, and near its ends a quarter of an hour.
    SELECT program, status, cashback_type, campaign_id, cashback_amount,
        CASE WHEN extract(day FROM occurred_at AT TIME ZONE 'UTC') BETWEEN 2 AND 27
            THEN to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-"15T12:00:00Z"')
            ELSE to_char(date_bin('15 minutes', occurred_at AT TIME ZONE 'UTC', timestamp '2000-01-01'), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') END AS moment
    FROM cashback_transactions
    WHERE user_id = $1::json #>> '{}'
)
SELECT json_build_object('program', program, 'dimension', dimension, 'name', name, 'amount', sum(cashback_amount)::text, 'components', count(*))::text
FROM own
CROSS JOIN LATERAL (VALUES ('total', 'total'), ('status', status), ('kind', cashback_type), ('campaign', campaign_id), ('month', moment)) AS d (dimension, name)
WHERE name IS NOT NULL
GROUP BY program, dimension, name
