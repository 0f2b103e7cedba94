INSERT INTO voucher_codes (id, program, option, fingerprint, sealed, master_key, uploaded_by, uploaded_at)
SELECT value ->> 'id', value ->> 'program', value ->> 'option', value ->> 'fingerprint', value ->> 'sealed', value ->> 'master_key', value ->> 'uploaded_by', value ->> 'uploaded_at'
FROM json_each(?1)
WHERE true
ON CONFLICT (program, fingerprint) DO NOTHING
