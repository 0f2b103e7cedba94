SELECT json_object('program', program, 'seq', h.seq, 'action_type', h.action_type, 'points_change', h.points_change, 'cashback_change', h.cashback_change,
    'currency', h.currency, 'description', h.description, 'metadata', h.metadata, 'money_decimals', p.money_decimals, 'points_decimals', p.points_decimals,
    'occurred_at', h.occurred_at, 'created_at', h.created_at)
FROM reward_history h
JOIN programs p USING (program)
WHERE h.user_id = ?1 ->> 'user_id'
  AND (?1 ->> 'before' IS NULL OR h.seq < ?1 ->> 'before')
  AND (?1 ->> 'from' IS NULL OR h.occurred_at >= ?1 ->> 'from')
  AND (?1 ->> 'to' IS NULL OR h.occurred_at < ?1 ->> 'to')
  AND (?1 ->> 'action_type' IS NULL OR h.action_type = ?1 ->> 'action_type')
ORDER BY h.seq DESC
LIMIT ?1 ->> 'limit'
