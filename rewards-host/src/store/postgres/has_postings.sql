SELECT 'true' FROM processed_transactions WHERE program = $1::json #>> '{}'
LIMIT 1
