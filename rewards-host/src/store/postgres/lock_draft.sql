SELECT json_build_object('id', id, 'program', program, 'files', files, 'version', version, 'state', state, 'author', author, 'editors', editors, 'submitted_by', submitted_by, 'approved_by', approved_by, 'rule_set', rule_set, 'note', note, 'created_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'updated_at', to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text
FROM drafts WHERE id = ($1::json #>> '{}')::uuid
FOR UPDATE
