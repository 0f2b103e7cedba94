INSERT INTO processed_transactions (transaction_id, kind, user_id, seq, program, original_id, content_sha256, rule_set, currency, occurred_at, content, facts, usage, outcome, created_at)
SELECT value ->> 'transaction_id',
       value ->> 'kind',
       value ->> 'user_id',
       value ->> 'seq',
       value ->> 'program',
       value ->> 'original_id',
       value ->> 'content_sha256',
       value ->> 'rule_set',
       value ->> 'currency',
       value ->> 'occurred_at',
       value ->> 'content',
       value ->> 'facts',
       value ->> 'usage',
       value ->> 'outcome',
       value ->> 'created_at'
FROM json_each(?1)
WHERE true
