INSERT INTO member_keys (user_id, wrapped, master_key)
SELECT value ->> 'user_id',
       value ->> 'wrapped',
       value ->> 'master_key'
FROM json_each(?1)
WHERE true
