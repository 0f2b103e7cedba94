SELECT json_object('user_id', o.user_id, 'seq', o.seq, 'payload', o.payload)
FROM outbox AS o JOIN members USING (user_id)
WHERE (o.user_id, o.seq) > (?1 ->> 'user_id', ?1 ->> 'seq')
ORDER BY o.user_id, o.seq
LIMIT 500
