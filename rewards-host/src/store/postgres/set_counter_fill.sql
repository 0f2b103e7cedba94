UPDATE counter_fill_last SET seq = due.seq
FROM (SELECT max(seq) AS seq FROM counter_fills
      WHERE asked_at <= clock_timestamp() - ($1::json #>> '{}')::bigint * interval '1 millisecond') AS due
WHERE counter_fill_last.seq < due.seq
