SELECT json_build_object('user_id', p.user_id, 'seq', p.seq, 'program', p.program, 'record', q.record, 'outcome', p.outcome)::text
FROM processed_transactions AS p JOIN posted_purchases AS q USING (transaction_id)
WHERE p.user_id = $1::json ->> 'user_id' AND p.seq > ($1::json ->> 'seq')::bigint
ORDER BY p.seq
LIMIT 500
