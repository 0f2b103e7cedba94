SELECT 'true' FROM processed_transactions WHERE program = ?1 ->> '$'
LIMIT 1
