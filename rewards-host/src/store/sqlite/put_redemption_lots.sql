INSERT INTO redemption_lots (redemption_id, lot_key, points)
SELECT value ->> 'redemption_id',
       value ->> 'lot_key',
       CAST(replace(value ->> 'points', '.', '') AS INTEGER)
FROM json_each(?1)
WHERE true
ON CONFLICT DO NOTHING
