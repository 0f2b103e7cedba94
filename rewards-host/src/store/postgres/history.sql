SELECT json_build_object('program', program, 'seq', h.seq, 'action_type', h.action_type, 'points_change', h.points_change::text, 'cashback_change', h.cashback_change::text,
    'currency', h.currency, 'description', h.description, 'metadata', h.metadata, 'money_decimals', p.money_decimals, 'points_decimals', p.points_decimals,
    'occurred_at', to_char(h.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'created_at', to_char(h.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text
FROM reward_history h
JOIN programs p USING (program)
WHERE h.user_id = $1::json ->> 'user_id'
  AND ($1::json ->> 'before' IS NULL OR h.seq < ($1::json ->> 'before')::bigint)
  AND ($1::json ->> 'from' IS NULL OR h.occurred_at >= ($1::json ->> 'from')::timestamptz)
  AND ($1::json ->> 'to' IS NULL OR h.occurred_at < ($1::json ->> 'to')::timestamptz)
  AND ($1::json ->> 'action_type' IS NULL OR h.action_type = $1::json ->> 'action_type')
ORDER BY h.seq DESC
LIMIT ($1::json ->> 'limit')::bigint
