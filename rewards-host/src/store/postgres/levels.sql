SELECT json_build_object('id', l.id, 'program', l.program, 'name', l.name, 'description', l.description, 'tier_type', l.tier_type, 'rank', l.rank,
    'benefits', l.benefits, 'requirements', l.requirements, 'min_spending', l.min_spending::text, 'max_spending', l.max_spending::text,
    'currency', p.currency, 'timezone', p.timezone, 'points_decimals', p.points_decimals)::text
FROM loyalty_programs l JOIN programs p USING (program)
WHERE $1::json IS NOT NULL AND l.is_active
ORDER BY l.program, l.rank
