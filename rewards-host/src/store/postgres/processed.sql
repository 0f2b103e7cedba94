SELECT json_build_object('transaction_id', transaction_id, 'kind', kind, 'user_id', user_id, 'program', program, 'content_sha256', content_sha256, 'rule_set', rule_set, 'outcome', outcome, 'original_id', original_id)::text
FROM processed_transactions WHERE transaction_id = ANY (ARRAY(SELECT json_array_elements_text($1::json)))
