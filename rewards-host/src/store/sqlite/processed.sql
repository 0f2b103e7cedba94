SELECT json_object('transaction_id', transaction_id, 'kind', kind, 'user_id', user_id, 'program', program, 'content_sha256', content_sha256, 'rule_set', rule_set, 'outcome', outcome, 'original_id', original_id)
FROM processed_transactions WHERE transaction_id IN (SELECT value FROM json_each(?1))
