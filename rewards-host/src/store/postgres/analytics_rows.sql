SELECT json_build_object('program', p.program, 'kind', p.kind, 'occurred_at', to_char(p.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'created_at', to_char(p.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'category', coalesce(o.content, p.content)::json ->> 'category', 'outcome', p.outcome)::text
FROM processed_transactions p
LEFT JOIN processed_transactions o ON o.transaction_id = p.original_id
WHERE p.created_at >= ($1::json ->> 'from')::timestamptz AND p.created_at < ($1::json ->> 'until')::timestamptz
ORDER BY p.created_at
LIMIT ($1::json ->> 'limit')::bigint
