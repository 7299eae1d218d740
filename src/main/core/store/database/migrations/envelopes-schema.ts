/**
 * Envelopes, and what each spent in each of its periods. A request's `envelopes` are a JSON list of `{id, start,
 * held}`: as long as its cost is not known, what was held counts. Triggers keep the sums, so that a request counts from
 * its first row on, also when the program is killed.
 */
export const envelopesSchema = `
CREATE TABLE envelopes (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  scope TEXT NOT NULL,
  spend_limit INTEGER NOT NULL,
  period TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  allows_unpriced INTEGER NOT NULL CHECK (allows_unpriced IN (0, 1)),
  is_paused INTEGER NOT NULL CHECK (is_paused IN (0, 1)),
  created_at_ms INTEGER NOT NULL,
  counts_from_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE envelope_spend (
  envelope_id TEXT NOT NULL,
  start_ms INTEGER NOT NULL,
  spent INTEGER NOT NULL DEFAULT 0,
  warned_percent INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (envelope_id, start_ms)
) STRICT, WITHOUT ROWID;

CREATE INDEX requests_unconfirmed ON requests (id)
  WHERE envelopes IS NOT NULL AND (lane = 'prepaid' AND ledger_cost IS NULL OR answer_id IS NOT NULL AND metered_cost IS NULL);

CREATE TRIGGER requests_spent_new AFTER INSERT ON requests
WHEN new.envelopes IS NOT NULL
BEGIN
  INSERT INTO envelope_spend (envelope_id, start_ms, spent)
  SELECT value ->> 'id', value ->> 'start', coalesce(new.cost, CAST(value ->> 'held' AS INTEGER)) FROM json_each(new.envelopes) WHERE true
  ON CONFLICT DO UPDATE SET spent = spent + excluded.spent;
END;
CREATE TRIGGER requests_unspent AFTER UPDATE ON requests
WHEN old.envelopes IS NOT NULL AND (old.envelopes IS NOT new.envelopes OR old.cost IS NOT new.cost)
BEGIN
  INSERT INTO envelope_spend (envelope_id, start_ms, spent)
  SELECT value ->> 'id', value ->> 'start', -coalesce(old.cost, CAST(value ->> 'held' AS INTEGER)) FROM json_each(old.envelopes) WHERE true
  ON CONFLICT DO UPDATE SET spent = spent + excluded.spent;
END;
CREATE TRIGGER requests_spent_again AFTER UPDATE ON requests
WHEN new.envelopes IS NOT NULL AND (old.envelopes IS NOT new.envelopes OR old.cost IS NOT new.cost)
BEGIN
  INSERT INTO envelope_spend (envelope_id, start_ms, spent)
  SELECT value ->> 'id', value ->> 'start', coalesce(new.cost, CAST(value ->> 'held' AS INTEGER)) FROM json_each(new.envelopes) WHERE true
  ON CONFLICT DO UPDATE SET spent = spent + excluded.spent;
END;
`;
