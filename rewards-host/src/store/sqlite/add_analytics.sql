INSERT INTO analytics_daily (program, day, kind, rule_id, campaign_id, tier, category, currency, count, amount, spend)
SELECT value ->> 'program',
       value ->> 'day',
       value ->> 'kind',
       value ->> 'rule_id',
       value ->> 'campaign_id',
       value ->> 'tier',
       value ->> 'category',
       value ->> 'currency',
       value ->> 'count',
       value ->> 'amount',
       value ->> 'spend'
FROM json_each(?1)
WHERE true
ON CONFLICT (program, day, kind, rule_id, campaign_id, tier, category, currency) DO UPDATE SET
    count = analytics_daily.count + excluded.count, amount = analytics_daily.amount + excluded.amount,
    spend = analytics_daily.spend + excluded.spend
