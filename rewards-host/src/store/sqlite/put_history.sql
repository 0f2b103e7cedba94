INSERT INTO reward_history (id, user_id, program, seq, action_type, points_change, cashback_change, currency, rule_set, description, metadata, chain, occurred_at, created_at)
SELECT value ->> 'id',
       value ->> 'user_id',
       value ->> 'program',
       value ->> 'seq',
       value ->> 'action_type',
       CAST(replace(value ->> 'points_change', '.', '') AS INTEGER),
       CAST(replace(value ->> 'cashback_change', '.', '') AS INTEGER),
       value ->> 'currency',
       value ->> 'rule_set',
       value ->> 'description',
       value ->> 'metadata',
       value ->> 'chain',
       value ->> 'occurred_at',
       value ->> 'created_at'
FROM json_each(?1)
WHERE true
