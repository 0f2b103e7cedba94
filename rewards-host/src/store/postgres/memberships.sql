SELECT json_build_object('user_id', user_id, 'program', program, 'campaign_id', campaign_id, 'enrolled_at', to_char(enrolled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'left_at', to_char(left_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text
FROM (SELECT * FROM user_campaigns
      WHERE user_id = ANY (ARRAY(SELECT json_array_elements_text($1::json))) AND enrolled_at IS NOT NULL
      ORDER BY user_id, campaign_id) AS c
UNION ALL
SELECT json_build_object('user_id', user_id, 'program', program, 'segment', segment)::text
FROM (SELECT * FROM segment_members
      WHERE user_id = ANY (ARRAY(SELECT json_array_elements_text($1::json)))
      ORDER BY user_id, segment) AS s
