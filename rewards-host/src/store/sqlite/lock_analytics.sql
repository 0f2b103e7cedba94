SELECT json_object('now', watermark) FROM analytics_state WHERE ?1 IS NOT NULL
