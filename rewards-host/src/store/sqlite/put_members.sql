UPDATE members
SET status = r.value ->> 'status', facts = coalesce(r.value ->> 'facts', members.facts), version = members.version + 1,
    history_seq = r.value ->> 'history_seq', history_head = r.value ->> 'history_head', outbox_seq = r.value ->> 'outbox_seq'
FROM json_each(?1) AS r
WHERE members.user_id = r.value ->> 'user_id'
