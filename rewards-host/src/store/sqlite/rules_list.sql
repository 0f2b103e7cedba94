SELECT json_object('kind', kind, 'id', id, 'program', program, 'rule_set', rule_set, 'state', state, 'version', version,
    'author', author, 'submitted_by', submitted_by, 'approved_by', approved_by, 'note', note, 'in_force_from', in_force_from,
    'created_at', created_at)
FROM (
    SELECT 'draft' AS kind, id, program, rule_set, state, version, author, submitted_by, approved_by, note, NULL AS in_force_from, created_at
    FROM drafts
    UNION ALL
    SELECT 'publication', id, program, rule_set, NULL, NULL, published_by, NULL, approved_by, note, in_force_from, created_at
    FROM publications
) AS listed
WHERE (?1 ->> 'program' IS NULL OR program = ?1 ->> 'program')
  AND (?1 ->> 'kind' IS NULL OR kind = ?1 ->> 'kind')
  AND (?1 ->> 'rule_set' IS NULL OR rule_set = ?1 ->> 'rule_set')
  AND (?1 ->> 'state' IS NULL OR state = ?1 ->> 'state')
  AND (?1 ->> 'before' IS NULL OR id < ?1 ->> 'before')
ORDER BY id DESC
LIMIT ?1 ->> 'limit'
