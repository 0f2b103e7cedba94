SELECT json_build_object('id', id::text)::text
FROM reward_redemptions
WHERE status = 'pending'
  AND (program, redemption_type) IN (SELECT program, option FROM json_to_recordset($1::json) AS r (program text, option text))
ORDER BY created_at, id
LIMIT 100
