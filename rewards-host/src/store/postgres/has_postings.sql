SELECT 'true' WHERE EXISTS (SELECT 1 FROM processed_transactions WHERE program = $1::json #>> '{}')
    OR EXISTS (SELECT 1 FROM reward_redemptions WHERE program = $1::json #>> '{}')
