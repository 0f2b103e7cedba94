SELECT json_build_object('transaction_id', p.transaction_id, 'user_id', p.user_id, 'program', p.program, 'rule_set', p.rule_set, 'record', q.record, 'personal', q.personal)::text
FROM posted_purchases q JOIN processed_transactions p USING (transaction_id)
WHERE q.transaction_id = ANY (ARRAY(SELECT json_array_elements_text($1::json)))
