SELECT to_json(count(*))::text
FROM (
    SELECT 1
    FROM cashback_transactions c
    WHERE c.user_id = $1::json ->> 'user_id'
      AND ($1::json ->> 'from' IS NULL OR c.occurred_at >= ($1::json ->> 'from')::timestamptz)
      AND ($1::json ->> 'to' IS NULL OR c.occurred_at < ($1::json ->> 'to')::timestamptz)
      AND ($1::json ->> 'status' IS NULL OR c.status = $1::json ->> 'status')
      AND ($1::json ->> 'campaign_id' IS NULL OR c.campaign_id = $1::json ->> 'campaign_id')
    LIMIT ($1::json ->> 'most')::bigint
) AS found
