SELECT json_object('key', key, 'kind', kind, 'count', sum(count), 'amount', sum(amount), 'spend', sum(spend))
FROM (
    SELECT kind, count, amount, spend, CASE ?1 ->> 'by'
        WHEN 'day' THEN day WHEN 'month' THEN substr(day, 1, 7) WHEN 'campaign' THEN campaign_id
        WHEN 'tier' THEN tier WHEN 'category' THEN category WHEN 'budget' THEN rule_id ELSE '' END AS key
    FROM analytics_daily
    WHERE program = ?1 ->> 'program'
      AND day BETWEEN ?1 ->> 'from' AND ?1 ->> 'to'
      AND (kind = 'budget') = (?1 ->> 'by' = 'budget')
) AS rows
GROUP BY key, kind
ORDER BY key, kind
