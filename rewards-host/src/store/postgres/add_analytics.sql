INSERT INTO analytics_daily (program, day, kind, rule_id, campaign_id, tier, category, currency, count, amount, spend)
SELECT program, day, kind, rule_id, campaign_id, tier, category, currency, count, amount, spend
FROM json_to_recordset($1::json) AS r (program text, day date, kind text, rule_id text, campaign_id text, tier text, category text, currency text, count bigint, amount bigint, spend bigint)
ON CONFLICT (program, day, kind, rule_id, campaign_id, tier, category, currency) DO UPDATE SET
    count = analytics_daily.count + excluded.count, amount = analytics_daily.amount + excluded.amount,
    spend = analytics_daily.spend + excluded.spend
