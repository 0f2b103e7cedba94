INSERT INTO cashback_transactions (id, user_id, transaction_id, program, position, transaction_amount, cashback_percentage, cashback_amount, cashback_type, component, rule_id, campaign_id, category, tier, currency, rule_set, status, occurred_at, processed_at, created_at)
SELECT value ->> 'id',
       value ->> 'user_id',
       value ->> 'transaction_id',
       value ->> 'program',
       value ->> 'position',
       CAST(replace(value ->> 'transaction_amount', '.', '') AS INTEGER),
       value ->> 'cashback_percentage',
       CAST(replace(value ->> 'cashback_amount', '.', '') AS INTEGER),
       value ->> 'cashback_type',
       value ->> 'component',
       value ->> 'rule_id',
       value ->> 'campaign_id',
       value ->> 'category',
       value ->> 'tier',
       value ->> 'currency',
       value ->> 'rule_set',
       value ->> 'status',
       value ->> 'occurred_at',
       value ->> 'processed_at',
       value ->> 'created_at'
FROM json_each(?1)
WHERE true
