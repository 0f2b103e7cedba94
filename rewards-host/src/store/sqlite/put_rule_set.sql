INSERT INTO rule_sets (hash, program, files)
SELECT value ->> 'hash',
       value ->> 'program',
       value ->> 'files'
FROM json_each(?1)
WHERE true
ON CONFLICT DO NOTHING
