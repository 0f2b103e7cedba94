UPDATE drafts
SET version = version + 1, files = ?1 ->> 'files', state = ?1 ->> 'state', editors = ?1 ->> 'editors',
    submitted_by = ?1 ->> 'submitted_by', approved_by = ?1 ->> 'approved_by', rule_set = ?1 ->> 'rule_set',
    note = ?1 ->> 'note', updated_at = ?1 ->> 'updated_at'
WHERE id = ?1 ->> 'id' AND version = ?1 ->> 'version'
