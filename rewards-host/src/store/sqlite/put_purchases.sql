INSERT INTO posted_purchases (transaction_id, record, personal)
SELECT value ->> 'transaction_id', value ->> 'record', value ->> 'personal'
FROM json_each(?1)
WHERE true
ON CONFLICT (transaction_id) DO UPDATE SET record = excluded.record
