SELECT json_build_object('user_id', o.user_id, 'seq', o.seq, 'payload', o.payload)::text
FROM outbox AS o JOIN members USING (user_id)
WHERE (o.user_id, o.seq) > ($1::json ->> 'user_id', ($1::json ->> 'seq')::bigint)
ORDER BY o.user_id, o.seq
LIMIT 500
