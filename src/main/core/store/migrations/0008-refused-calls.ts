/*
 * Calls without a valid key are counted instead of kept one by one; rows of them that are there are added up. What was kept of
 * an upstream's or a tool's words without a bound is cut.
 */
export const refusedCalls = {
  name: '0008-refused-calls',
  sql: `
CREATE TABLE refused_calls (
  error_code TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  http_status INTEGER NOT NULL,
  count INTEGER NOT NULL,
  first_at_ms INTEGER NOT NULL,
  last_at_ms INTEGER NOT NULL,
  PRIMARY KEY (error_code, endpoint, user_agent)
) STRICT, WITHOUT ROWID;
INSERT INTO refused_calls
SELECT coalesce(error_code, 'bad_request'), substr(endpoint, 1, 100), substr(coalesce(user_agent, ''), 1, 100), max(coalesce(http_status, 0)),
  count(*), min(created_at_ms), max(created_at_ms)
FROM requests WHERE status = 'refused' AND local_key_id IS NULL AND lane IS NULL
GROUP BY 1, 2, 3 ORDER BY max(created_at_ms) DESC LIMIT 50;
DELETE FROM requests WHERE status = 'refused' AND local_key_id IS NULL AND lane IS NULL;
UPDATE requests SET model_served = substr(model_served, 1, 512), finish_reason = substr(finish_reason, 1, 128),
  user_agent = substr(user_agent, 1, 256)
WHERE length(model_served) > 512 OR length(finish_reason) > 128 OR length(user_agent) > 256;`,
} as const;
