UPDATE counter_fill_last SET seq = (SELECT max(seq) FROM counter_fills)
WHERE seq < (SELECT max(seq) FROM counter_fills) AND ?1 ->> '$' >= 0
