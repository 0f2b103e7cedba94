INSERT INTO posted_purchases (transaction_id, record, personal)
SELECT transaction_id, record, personal
FROM json_to_recordset($1::json) AS r (transaction_id text, record text, personal text)
ON CONFLICT (transaction_id) DO UPDATE SET record = excluded.record
