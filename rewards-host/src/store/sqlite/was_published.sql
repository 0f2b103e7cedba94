SELECT 'true' FROM (SELECT ?1 ->> '$' AS hash) AS asked
WHERE EXISTS (SELECT 1 FROM publications WHERE rule_set = asked.hash)
   OR EXISTS (SELECT 1 FROM drafts WHERE rule_set = asked.hash AND state = 'published')
