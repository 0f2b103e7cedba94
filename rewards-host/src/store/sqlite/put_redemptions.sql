INSERT INTO reward_redemptions (id, user_id, program, points_used, redemption_type, redemption_details, cash_value, currency, status, rule_set, record, occurred_at, processed_at, created_at)
SELECT value ->> 'id',
       value ->> 'user_id',
       value ->> 'program',
       CAST(replace(value ->> 'points_used', '.', '') AS INTEGER),
       value ->> 'redemption_type',
       value ->> 'redemption_details',
       CAST(replace(value ->> 'cash_value', '.', '') AS INTEGER),
       value ->> 'currency',
       value ->> 'status',
       value ->> 'rule_set',
       value ->> 'record',
       value ->> 'occurred_at',
       value ->> 'processed_at',
       value ->> 'created_at'
FROM json_each(?1)
WHERE true
ON CONFLICT (id) DO UPDATE SET status = excluded.status, record = excluded.record, processed_at = excluded.processed_at
