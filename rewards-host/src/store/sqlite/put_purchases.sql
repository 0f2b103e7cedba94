INSERT INTO posted_purchases (transaction_id, record)
SELECT value ->> 'transaction_id',
       value ->> 'record'
FROM json_each(?1)
WHERE true
ON CONFLICT (transaction_id) DO UPDATE SET record = excluded.record
