INSERT INTO posted_purchases (transaction_id, record)
SELECT transaction_id, record
FROM json_to_recordset($1::json) AS r (transaction_id text, record text)
ON CONFLICT (transaction_id) DO UPDATE SET record = excluded.record
