SELECT json_build_object('user_id', p.user_id, 'seq', p.seq, 'transaction_id', p.transaction_id, 'kind', p.kind, 'program', p.program, 'original_id', p.original_id, 'content', p.content, 'content_sha256', p.content_sha256, 'rule_set', p.rule_set, 'facts', p.facts, 'usage', p.usage, 'outcome', p.outcome,
    'record', q.record,
    'refunded', EXISTS (SELECT 1 FROM processed_transactions AS r WHERE r.original_id = p.transaction_id),
    'components', coalesce((SELECT json_agg(json_build_object('position', c.position, 'component', c.component, 'cashback_type', c.cashback_type, 'rule_id', c.rule_id, 'purchase', c.transaction_amount::text, 'percentage', c.cashback_percentage::text, 'campaign_id', c.campaign_id, 'category', c.category, 'tier', c.tier, 'currency', c.currency, 'rule_set', c.rule_set, 'status', c.status, 'amount', c.cashback_amount::text) ORDER BY c.position) FROM cashback_transactions AS c WHERE c.transaction_id = p.transaction_id), '[]'))::text
FROM processed_transactions AS p
LEFT JOIN posted_purchases AS q USING (transaction_id)
WHERE (p.user_id, p.seq) > ($1::json ->> 'user_id', ($1::json ->> 'seq')::bigint)
ORDER BY p.user_id, p.seq
LIMIT 500
