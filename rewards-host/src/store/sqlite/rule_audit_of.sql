SELECT json_object('action', action, 'subject', subject, 'rule_set', rule_set, 'detail', json(detail), 'created_at', created_at)
FROM rule_audit
WHERE draft_id = ?1 ->> 'draft' OR rule_set = ?1 ->> 'rule_set'
ORDER BY id
