INSERT INTO drafts (id, program, files, version, state, author, editors, submitted_by, approved_by, rule_set, note, created_at, updated_at)
SELECT value ->> 'id',
       value ->> 'program',
       value ->> 'files',
       value ->> 'version',
       value ->> 'state',
       value ->> 'author',
       value ->> 'editors',
       value ->> 'submitted_by',
       value ->> 'approved_by',
       value ->> 'rule_set',
       value ->> 'note',
       value ->> 'created_at',
       value ->> 'updated_at'
FROM json_each(?1)
WHERE true
