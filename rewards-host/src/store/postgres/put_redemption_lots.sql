INSERT INTO redemption_lots (redemption_id, lot_key, points)
SELECT redemption_id, lot_key, points
FROM json_to_recordset($1::json) AS r (redemption_id uuid, lot_key text, points numeric)
ON CONFLICT DO NOTHING
