SELECT json_object('id', l.id, 'program', l.program, 'name', l.name, 'description', l.description, 'tier_type', l.tier_type, 'rank', l.rank,
    'benefits', json(l.benefits), 'requirements', json(l.requirements), 'min_spending', l.min_spending, 'max_spending', l.max_spending,
    'currency', p.currency, 'timezone', p.timezone, 'points_decimals', p.points_decimals)
FROM loyalty_programs l JOIN programs p USING (program)
WHERE ?1 IS NOT NULL AND l.is_active
ORDER BY l.program, l.rank
