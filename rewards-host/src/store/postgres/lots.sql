WITH wanted AS (
    SELECT * FROM reward_points
    WHERE user_id = ANY (ARRAY(SELECT json_array_elements_text($1::json -> 'members')))
      AND (points_available > 0 OR points_pending > 0
           OR source_id = ANY (ARRAY(SELECT json_array_elements_text($1::json -> 'sources')))
           OR lot_key = ANY (ARRAY(SELECT json_array_elements_text($1::json -> 'lots'))))
    UNION ALL
    SELECT own.*
    FROM json_array_elements_text($1::json -> 'buyers') AS buyer (id),
        LATERAL (
            SELECT * FROM reward_points
            WHERE user_id = buyer.id
              AND (points_pending > 0 OR (points_available > 0 AND expiry_date < ($1::json ->> 'over_on')::date))
            OFFSET 0
        ) AS own
)
SELECT json_build_object('id', id::text, 'user_id', user_id, 'program', program, 'lot_key', lot_key, 'seq', seq, 'points_earned', points_earned::text, 'points_available', points_available::text, 'points_pending', points_pending::text, 'points_redeemed', points_redeemed::text, 'points_expired', points_expired::text, 'points_reversed', points_reversed::text, 'points_moved', points_moved::text, 'counted_expired', counted_expired::text, 'source_type', source_type, 'source_id', source_id, 'spendable_date', spendable_date::text, 'expiry_date', expiry_date::text)::text
FROM wanted
ORDER BY user_id, seq
