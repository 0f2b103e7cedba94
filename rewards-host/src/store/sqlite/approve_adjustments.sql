UPDATE pending_adjustments
SET state = 'posted', approved_by = r.value ->> 'approved_by', decided_at = r.value ->> 'decided_at'
FROM json_each(?1) AS r
WHERE pending_adjustments.id = r.value ->> 'id' AND pending_adjustments.state = 'waiting'
