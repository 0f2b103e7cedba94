SELECT json_object(
    'active_members', (SELECT count(*) FROM user_loyalty_status WHERE last_updated > strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', '-24 hours')),
    'outbox_waiting', (SELECT count(*) FROM outbox WHERE state = 'waiting'),
    'outbox_age', (SELECT coalesce(unixepoch('now') - unixepoch(min(created_at)), 0) FROM outbox WHERE state = 'waiting')
)
WHERE ?1 IS NOT NULL
