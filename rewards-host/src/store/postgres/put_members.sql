UPDATE members AS m
SET status = r.status, facts = coalesce(r.facts, m.facts), version = m.version + 1, history_seq = r.history_seq, history_head = r.history_head,
    outbox_seq = r.outbox_seq
FROM json_to_recordset($1::json) AS r (user_id text, status text, facts text, history_seq bigint, history_head text, outbox_seq bigint)
WHERE m.user_id = r.user_id
