SELECT json_build_object('program', o.program, 'option', o.option)::text
FROM json_to_recordset($1::json) AS o (program text, option text)
WHERE EXISTS (SELECT 1 FROM voucher_codes AS v
              WHERE v.program = o.program AND v.option = o.option AND v.redemption_id IS NULL)
   -- One that was claimed just before the process died is completed, also where it was the last.
   OR EXISTS (SELECT 1 FROM reward_redemptions AS r JOIN voucher_codes AS v ON v.redemption_id = r.id
              WHERE r.status = 'pending' AND v.program = o.program AND v.option = o.option)
