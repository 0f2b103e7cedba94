SELECT json_build_object('kind', kind, 'id', id, 'program', program, 'rule_set', rule_set, 'state', state, 'version', version,
    'author', author, 'submitted_by', submitted_by, 'approved_by', approved_by, 'note', note, 'in_force_from', to_char(in_force_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'created_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text
FROM (
    SELECT 'draft' AS kind, id, program, rule_set, state, version, author, submitted_by, approved_by, note, NULL::timestamptz AS in_force_from, created_at
    FROM drafts
    UNION ALL
    SELECT 'publication', id, program, rule_set, NULL, NULL, published_by, NULL, approved_by, note, in_force_from, created_at
    FROM publications
) AS listed
WHERE ($1::json ->> 'program' IS NULL OR program = $1::json ->> 'program')
  AND ($1::json ->> 'kind' IS NULL OR kind = $1::json ->> 'kind')
  AND ($1::json ->> 'rule_set' IS NULL OR rule_set = $1::json ->> 'rule_set')
  AND ($1::json ->> 'state' IS NULL OR state = $1::json ->> 'state')
  AND ($1::json ->> 'before' IS NULL OR id < ($1::json ->> 'before')::uuid)
ORDER BY id DESC
LIMIT ($1::json ->> 'limit')::bigint
