SELECT json_build_object('place', place, 'key', key)::text
FROM (SELECT 'outbox' AS place, user_id AS key FROM outbox WHERE user_id NOT IN (SELECT user_id FROM members)
      UNION ALL
      SELECT 'cashback_transactions', c.id::text FROM cashback_transactions AS c JOIN processed_transactions AS p USING (transaction_id) WHERE c.user_id <> p.user_id OR c.program <> p.program) AS o
WHERE $1::json IS NOT NULL
LIMIT 1000
