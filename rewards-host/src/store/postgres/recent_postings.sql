SELECT json_build_object('transaction_id', p.transaction_id, 'kind', p.kind, 'user_id', p.user_id, 'original_id', p.original_id, 'content', p.content, 'facts', p.facts, 'outcome', p.outcome, 'wrapped', k.wrapped, 'master_key', k.master_key)::text
FROM (
    SELECT transaction_id FROM processed_transactions
    WHERE program = $1::json ->> 'program' AND created_at >= ($1::json ->> 'from')::timestamptz AND occurred_at >= ($1::json ->> 'from')::timestamptz
    ORDER BY created_at DESC, transaction_id DESC
    LIMIT ($1::json ->> 'limit')::bigint
) AS newest
JOIN processed_transactions AS p USING (transaction_id)
LEFT JOIN member_keys AS k USING (user_id)
ORDER BY p.occurred_at DESC, p.user_id, p.seq DESC
