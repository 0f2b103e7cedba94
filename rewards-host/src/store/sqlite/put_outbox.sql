INSERT INTO outbox (id, user_id, seq, type, payload, created_at)
SELECT value ->> 'id',
       value ->> 'user_id',
       value ->> 'seq',
       value ->> 'type',
       value ->> 'payload',
       value ->> 'created_at'
FROM json_each(?1)
WHERE true
