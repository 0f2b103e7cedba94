UPDATE analytics_state SET watermark = ($1::json #>> '{}')::timestamptz
