SELECT json_build_object(
    'active_members', (SELECT count(*) FROM user_loyalty_status WHERE last_updated > now() - interval '24 hours'),
    'outbox_waiting', (SELECT count(*) FROM outbox WHERE state = 'waiting'),
    'outbox_age', (SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0)::bigint FROM outbox WHERE state = 'waiting')
)::text
WHERE $1::json IS NOT NULL
