SELECT json_object('id', id, 'program', program, 'files', files, 'version', version, 'state', state, 'author', author, 'editors', editors, 'submitted_by', submitted_by, 'approved_by', approved_by, 'rule_set', rule_set, 'note', note, 'created_at', created_at, 'updated_at', updated_at)
FROM drafts WHERE id = ?1 ->> '$'
