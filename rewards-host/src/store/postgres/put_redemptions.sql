INSERT INTO reward_redemptions (id, user_id, program, points_used, redemption_type, redemption_details, cash_value, currency, status, rule_set, record, occurred_at, processed_at, created_at)
SELECT id, user_id, program, points_used, redemption_type, redemption_details, cash_value, currency, status, rule_set, record, occurred_at, processed_at, created_at
FROM json_to_recordset($1::json) AS r (id uuid, user_id text, program text, points_used numeric, redemption_type text, redemption_details text, cash_value numeric, currency text, status text, rule_set text, record text, occurred_at timestamptz, processed_at timestamptz, created_at timestamptz)
ON CONFLICT (id) DO UPDATE SET status = excluded.status, record = excluded.record, processed_at = excluded.processed_at
