WITH own AS (
    -- An instant that is in the same month wherever its time zone is: the middle of the month, and near its ends a quarter of an hour.
    SELECT program, status, cashback_type, campaign_id, cashback_amount,
        CASE WHEN substr(occurred_at, 9, 2) BETWEEN '02' AND '27' THEN substr(occurred_at, 1, 8) || '15T12:00:00Z'
            ELSE substr(occurred_at, 1, 14) || printf('%02d', CAST(substr(occurred_at, 15, 2) AS INTEGER) / 15 * 15) || ':00Z' END AS moment
    FROM cashback_transactions
    WHERE user_id = ?1 ->> '$'
)
SELECT json_object('program', program, 'dimension', d.key, 'name', d.value, 'amount', sum(cashback_amount), 'components', count(*))
FROM own
JOIN json_each(json_object('total', 'total', 'status', status, 'kind', cashback_type, 'campaign', campaign_id, 'month', moment)) AS d
WHERE d.value IS NOT NULL
GROUP BY program, d.key, d.value
