UPDATE pending_adjustments AS a
SET state = 'posted', approved_by = r.approved_by, decided_at = r.decided_at
FROM json_to_recordset($1::json) AS r (id uuid, approved_by text, decided_at timestamptz)
WHERE a.id = r.id AND a.state = 'waiting'
