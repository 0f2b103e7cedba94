INSERT INTO voucher_codes (id, program, option, fingerprint, sealed, master_key, uploaded_by, uploaded_at)
SELECT id, program, option, fingerprint, sealed, master_key, uploaded_by, uploaded_at
FROM json_to_recordset($1::json) AS r (id uuid, program text, option text, fingerprint text, sealed text, master_key text, uploaded_by text, uploaded_at timestamptz)
ORDER BY fingerprint
ON CONFLICT (program, fingerprint) DO NOTHING
