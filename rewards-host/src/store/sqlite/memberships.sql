SELECT json_object('user_id', user_id, 'program', program, 'campaign_id', campaign_id, 'enrolled_at', enrolled_at, 'left_at', left_at)
FROM (SELECT * FROM user_campaigns
      WHERE user_id IN (SELECT value FROM json_each(?1)) AND enrolled_at IS NOT NULL
      ORDER BY user_id, campaign_id)
UNION ALL
SELECT json_object('user_id', user_id, 'program', program, 'segment', segment)
FROM (SELECT * FROM segment_members
      WHERE user_id IN (SELECT value FROM json_each(?1))
      ORDER BY user_id, segment)
