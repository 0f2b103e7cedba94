-- Lines of access are read by id, whose order is that of time.
DROP INDEX idx_access_log_created;
