INSERT INTO loyalty_programs (id, program, name, description, tier_type, rank, benefits, requirements, min_spending, max_spending, is_active)
SELECT value ->> 'id',
       value ->> 'program',
       value ->> 'name',
       value ->> 'description',
       value ->> 'tier_type',
       value ->> 'rank',
       value ->> 'benefits',
       value ->> 'requirements',
       value ->> 'min_spending',
       value ->> 'max_spending',
       value ->> 'is_active'
FROM json_each(?1)
WHERE true
ON CONFLICT (program, tier_type) DO UPDATE SET
    name = excluded.name, description = excluded.description, rank = excluded.rank, benefits = excluded.benefits,
    requirements = excluded.requirements, min_spending = excluded.min_spending, max_spending = excluded.max_spending,
    is_active = excluded.is_active
