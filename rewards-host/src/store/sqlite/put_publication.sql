INSERT INTO publications (id, program, rule_set, in_force_from, published_by, approved_by, note)
SELECT value ->> 'id',
       value ->> 'program',
       value ->> 'rule_set',
       value ->> 'in_force_from',
       value ->> 'published_by',
       value ->> 'approved_by',
       value ->> 'note'
FROM json_each(?1)
WHERE true
