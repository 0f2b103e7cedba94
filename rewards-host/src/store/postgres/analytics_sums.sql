SELECT json_build_object('key', key, 'kind', kind, 'count', sum(count), 'amount', sum(amount), 'spend', sum(spend))::text
FROM (
    SELECT kind, count, amount, spend, CASE $1::json ->> 'by'
        WHEN 'day' THEN day::text WHEN 'month' THEN to_char(day, 'YYYY-MM') WHEN 'campaign' THEN campaign_id
        WHEN 'tier' THEN tier WHEN 'category' THEN category WHEN 'budget' THEN rule_id ELSE '' END AS key
    FROM analytics_daily
    WHERE program = $1::json ->> 'program'
      AND day BETWEEN ($1::json ->> 'from')::date AND ($1::json ->> 'to')::date
      AND (kind = 'budget') = ($1::json ->> 'by' = 'budget')
) AS rows
GROUP BY key, kind
ORDER BY key, kind
