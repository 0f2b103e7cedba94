SELECT json_object('month', nullif(substr(expires, 1, 7), ''), 'is_past', json(iif(expires <> '' AND expires < ?1 ->> 'today', 'true', 'false')),
    'earned', sum(earned), 'available', sum(available), 'pending', sum(pending), 'redeemed', sum(redeemed), 'expired', sum(expired), 'reversed', sum(reversed), 'moved', sum(moved))
FROM lot_sums
WHERE program = ?1 ->> 'program'
GROUP BY substr(expires, 1, 7), expires <> '' AND expires < ?1 ->> 'today'
ORDER BY nullif(substr(expires, 1, 7), '')
