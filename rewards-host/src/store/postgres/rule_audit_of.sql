SELECT json_build_object('action', action, 'subject', subject, 'rule_set', rule_set, 'detail', detail::json, 'created_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text
FROM rule_audit
WHERE draft_id = ($1::json ->> 'draft')::uuid OR rule_set = $1::json ->> 'rule_set'
ORDER BY id
