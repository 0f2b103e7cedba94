SELECT json_object('now', strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'), 'hidden', 0) WHERE ?1 IS NOT NULL
