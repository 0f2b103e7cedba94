INSERT INTO rule_audit (id, program, draft_id, rule_set, action, subject, detail, created_at)
SELECT value ->> 'id',
       value ->> 'program',
       value ->> 'draft_id',
       value ->> 'rule_set',
       value ->> 'action',
       value ->> 'subject',
       value ->> 'detail',
       value ->> 'created_at'
FROM json_each(?1)
WHERE true
