SELECT json_quote(count(*))
FROM (
    SELECT 1
    FROM cashback_transactions c
    WHERE c.user_id = ?1 ->> 'user_id'
      AND (?1 ->> 'from' IS NULL OR c.occurred_at >= ?1 ->> 'from')
      AND (?1 ->> 'to' IS NULL OR c.occurred_at < ?1 ->> 'to')
      AND (?1 ->> 'status' IS NULL OR c.status = ?1 ->> 'status')
      AND (?1 ->> 'campaign_id' IS NULL OR c.campaign_id = ?1 ->> 'campaign_id')
    LIMIT ?1 ->> 'most'
) AS found
