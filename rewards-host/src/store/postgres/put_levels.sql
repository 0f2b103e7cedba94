INSERT INTO loyalty_programs (id, program, name, description, tier_type, rank, benefits, requirements, min_spending, max_spending, is_active)
SELECT id, program, name, description, tier_type, rank, benefits, requirements, min_spending, max_spending, is_active
FROM json_to_recordset($1::json) AS r (id uuid, program text, name text, description text, tier_type text, rank bigint, benefits jsonb, requirements jsonb, min_spending numeric, max_spending numeric, is_active boolean)
ON CONFLICT (program, tier_type) DO UPDATE SET
    name = excluded.name, description = excluded.description, rank = excluded.rank, benefits = excluded.benefits,
    requirements = excluded.requirements, min_spending = excluded.min_spending, max_spending = excluded.max_spending,
    is_active = excluded.is_active
