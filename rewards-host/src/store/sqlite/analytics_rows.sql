SELECT json_object('program', p.program, 'kind', p.kind, 'occurred_at', p.occurred_at, 'created_at', p.created_at,
    'category', coalesce(o.content, p.content) ->> 'category', 'outcome', p.outcome)
FROM processed_transactions p
LEFT JOIN processed_transactions o ON o.transaction_id = p.original_id
WHERE p.created_at >= ?1 ->> 'from' AND p.created_at < ?1 ->> 'until'
ORDER BY p.created_at
LIMIT ?1 ->> 'limit'
