SELECT json_object('program', o.value ->> 'program', 'option', o.value ->> 'option')
FROM json_each(?1) AS o
WHERE EXISTS (SELECT 1 FROM voucher_codes AS v
              WHERE v.program = o.value ->> 'program' AND v.option = o.value ->> 'option' AND v.redemption_id IS NULL)
   -- One that was claimed just before the process died is completed, also where it was the last.
   OR EXISTS (SELECT 1 FROM reward_redemptions AS r JOIN voucher_codes AS v ON v.redemption_id = r.id
              WHERE r.status = 'pending' AND v.program = o.value ->> 'program' AND v.option = o.value ->> 'option')
