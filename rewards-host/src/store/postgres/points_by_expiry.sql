SELECT json_build_object('month', nullif(left(expires, 7), ''), 'is_past', expires <> '' AND expires < $1::json ->> 'today',
    'earned', sum(earned)::text, 'available', sum(available)::text, 'pending', sum(pending)::text, 'redeemed', sum(redeemed)::text, 'expired', sum(expired)::text, 'reversed', sum(reversed)::text, 'moved', sum(moved)::text)::text
FROM (SELECT program, expires, earned, available, pending, redeemed, expired, reversed, moved FROM lot_sums UNION ALL SELECT program, expires, earned, available, pending, redeemed, expired, reversed, moved FROM lot_changes) AS lots
WHERE program = $1::json ->> 'program'
GROUP BY left(expires, 7), expires <> '' AND expires < $1::json ->> 'today'
ORDER BY nullif(left(expires, 7), '')
