CREATE TABLE account_mirrors (
  account_id TEXT NOT NULL PRIMARY KEY,
  snapshot TEXT NOT NULL,
  received_at_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE envelope_spend (
  envelope_id TEXT NOT NULL,
  start_ms INTEGER NOT NULL,
  spent INTEGER NOT NULL DEFAULT 0,
  warned_percent INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (envelope_id, start_ms)
) STRICT, WITHOUT ROWID;
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
CREATE TABLE former_lines (
  account_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  at TEXT NOT NULL,
  kind TEXT NOT NULL,
  amount INTEGER NOT NULL,
  balance_after INTEGER NOT NULL,
  request_id TEXT,
  order_id TEXT,
  description TEXT NOT NULL,
  receipt_hash TEXT,
  hash TEXT,
  is_taken_back INTEGER NOT NULL,
  is_accepted INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX former_lines_by_sequence ON former_lines (account_id, sequence);
CREATE TABLE ledger_cursors (
  account_id TEXT NOT NULL PRIMARY KEY,
  sequence INTEGER NOT NULL
) STRICT;
CREATE TABLE ledger_lines (
  account_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  at TEXT NOT NULL,
  kind TEXT NOT NULL,
  amount INTEGER NOT NULL,
  balance_after INTEGER NOT NULL,
  request_id TEXT,
  order_id TEXT,
  description TEXT NOT NULL,
  receipt_hash TEXT,
  hash TEXT,
  PRIMARY KEY (account_id, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_lines_by_request ON ledger_lines (request_id) WHERE request_id IS NOT NULL;
CREATE TABLE local_keys (
  id TEXT NOT NULL PRIMARY KEY,
  label TEXT NOT NULL,
  hint TEXT NOT NULL,
  secret_hash TEXT NOT NULL UNIQUE,
  route TEXT NOT NULL,
  limits TEXT,
  steadies_attribution INTEGER NOT NULL DEFAULT 0,
  created_at_ms INTEGER NOT NULL,
  last_used_at_ms INTEGER,
  revoked_at_ms INTEGER
) STRICT;
CREATE TABLE match_counts (
  match TEXT NOT NULL PRIMARY KEY,
  requests INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE orders (
  account_id TEXT NOT NULL,
  id TEXT NOT NULL,
  created_at TEXT NOT NULL,
  content TEXT NOT NULL,
  PRIMARY KEY (account_id, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE providers (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  dialects TEXT NOT NULL,
  base_url TEXT NOT NULL,
  is_local INTEGER NOT NULL CHECK (is_local IN (0, 1)),
  keys TEXT NOT NULL,
  proxy TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  models TEXT,
  last_test TEXT
) STRICT;
CREATE TABLE receipts (
  account_id TEXT NOT NULL,
  request_id TEXT NOT NULL,
  content TEXT NOT NULL,
  PRIMARY KEY (account_id, request_id)
) STRICT, WITHOUT ROWID;
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
CREATE TABLE repeated_requests (
  request_id TEXT NOT NULL PRIMARY KEY,
  local_key_id TEXT NOT NULL,
  local_key_label TEXT NOT NULL,
  model TEXT NOT NULL,
  http_status INTEGER NOT NULL,
  error_code TEXT,
  answered INTEGER NOT NULL,
  saved INTEGER,
  first_at_ms INTEGER NOT NULL,
  last_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX repeated_requests_by_time ON repeated_requests (last_at_ms);
CREATE TRIGGER requests_matched_again AFTER UPDATE OF match ON requests WHEN old.match IS NOT new.match BEGIN UPDATE match_counts SET requests = requests - 1 WHERE match = old.match; INSERT INTO match_counts SELECT new.match, 1 WHERE new.match IS NOT NULL ON CONFLICT DO UPDATE SET requests = requests + 1; END;
CREATE TRIGGER requests_matched_gone AFTER DELETE ON requests WHEN old.match IS NOT NULL BEGIN UPDATE match_counts SET requests = requests - 1 WHERE match = old.match; END;
CREATE TRIGGER requests_matched_new AFTER INSERT ON requests WHEN new.match IS NOT NULL BEGIN INSERT INTO match_counts VALUES (new.match, 1) ON CONFLICT DO UPDATE SET requests = requests + 1; END;
CREATE TRIGGER requests_spent_again AFTER UPDATE ON requests WHEN new.envelopes IS NOT NULL AND (old.envelopes IS NOT new.envelopes OR old.cost IS NOT new.cost) BEGIN INSERT INTO envelope_spend (envelope_id, start_ms, spent) SELECT value ->> 'id', value ->> 'start', coalesce(new.cost, CAST(value ->> 'held' AS INTEGER)) FROM json_each(new.envelopes) WHERE true ON CONFLICT DO UPDATE SET spent = spent + excluded.spent; END;
CREATE TRIGGER requests_spent_new AFTER INSERT ON requests WHEN new.envelopes IS NOT NULL BEGIN INSERT INTO envelope_spend (envelope_id, start_ms, spent) SELECT value ->> 'id', value ->> 'start', coalesce(new.cost, CAST(value ->> 'held' AS INTEGER)) FROM json_each(new.envelopes) WHERE true ON CONFLICT DO UPDATE SET spent = spent + excluded.spent; END;
CREATE TRIGGER requests_unspent AFTER UPDATE ON requests WHEN old.envelopes IS NOT NULL AND (old.envelopes IS NOT new.envelopes OR old.cost IS NOT new.cost) BEGIN INSERT INTO envelope_spend (envelope_id, start_ms, spent) SELECT value ->> 'id', value ->> 'start', -coalesce(old.cost, CAST(value ->> 'held' AS INTEGER)) FROM json_each(old.envelopes) WHERE true ON CONFLICT DO UPDATE SET spent = spent + excluded.spent; END;
CREATE TABLE requests (
  id TEXT NOT NULL PRIMARY KEY,
  created_at_ms INTEGER NOT NULL,
  local_key_id TEXT,
  local_key_label TEXT,
  dialect TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  model_requested TEXT NOT NULL,
  model_served TEXT,
  answer_id TEXT,
  lane TEXT CHECK (lane IN ('prepaid', 'byok', 'local')),
  provider TEXT,
  route_reason TEXT,
  plan TEXT,
  translated_to TEXT,
  parent_id TEXT,
  tool TEXT,
  project TEXT,
  session TEXT,
  agent TEXT,
  parent_agent TEXT,
  tags TEXT,
  envelopes TEXT,
  output_limit INTEGER,
  limited_by TEXT,
  switched_from TEXT,
  switched_by TEXT,
  status TEXT NOT NULL CHECK (status IN ('open', 'completed', 'truncated', 'cancelled', 'refused', 'failed', 'interrupted')),
  http_status INTEGER,
  refused_by TEXT CHECK (refused_by IN ('corvus', 'account', 'provider')),
  error_code TEXT,
  error_message TEXT,
  is_stream INTEGER NOT NULL CHECK (is_stream IN (0, 1)),
  request_bytes INTEGER NOT NULL,
  response_bytes INTEGER NOT NULL DEFAULT 0,
  user_agent TEXT,
  finish_reason TEXT,
  first_byte_ms REAL,
  total_ms REAL,
  fresh_input INTEGER,
  cache_read INTEGER,
  cache_write_5m INTEGER,
  cache_write_1h INTEGER,
  audio_input INTEGER,
  image_input INTEGER,
  output_text INTEGER,
  output_reasoning INTEGER,
  output_audio INTEGER,
  cache_saved INTEGER,
  cache_lost INTEGER,
  cache_break TEXT,
  usage_units TEXT,
  usage_source TEXT CHECK (usage_source IN ('provider', 'estimated', 'missing')),
  unit_prices TEXT,
  catalogue_version TEXT,
  metered_cost INTEGER,
  settled_cost INTEGER,
  ledger_cost INTEGER,
  is_charged_twice INTEGER CHECK (is_charged_twice IN (0, 1)),
  written_off INTEGER,
  match TEXT,
  billing TEXT,
  balance_after INTEGER,
  attempts TEXT NOT NULL DEFAULT '[]',
  hints TEXT NOT NULL DEFAULT '[]',
  input_tokens INTEGER GENERATED ALWAYS AS (fresh_input + cache_read + cache_write_5m + cache_write_1h + audio_input + image_input) VIRTUAL,
  output_tokens INTEGER GENERATED ALWAYS AS (output_text + output_reasoning + output_audio) VIRTUAL,
  cost INTEGER GENERATED ALWAYS AS (coalesce(ledger_cost, settled_cost, metered_cost)) VIRTUAL
) STRICT;
CREATE INDEX requests_by_agent ON requests (agent, id) WHERE agent IS NOT NULL;
CREATE INDEX requests_by_answer ON requests (answer_id) WHERE answer_id IS NOT NULL;
CREATE INDEX requests_by_lane ON requests (lane, id);
CREATE INDEX requests_by_local_key ON requests (local_key_id, id);
CREATE INDEX requests_by_match ON requests (match, id) WHERE match IS NOT NULL;
CREATE INDEX requests_by_model ON requests (model_requested, id);
CREATE INDEX requests_by_parent ON requests (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX requests_by_project ON requests (project, id) WHERE project IS NOT NULL;
CREATE INDEX requests_by_provider ON requests (provider, id);
CREATE INDEX requests_by_session ON requests (session, id) WHERE session IS NOT NULL;
CREATE INDEX requests_by_status ON requests (status, id);
CREATE INDEX requests_by_tool ON requests (tool, id);
CREATE INDEX requests_uncharged ON requests (id) WHERE lane = 'prepaid' AND match IS NULL AND ledger_cost IS NULL AND metered_cost > 0 AND status IN ('completed', 'truncated');
CREATE INDEX requests_unconfirmed ON requests (id) WHERE envelopes IS NOT NULL AND (lane = 'prepaid' AND ledger_cost IS NULL OR answer_id IS NOT NULL AND metered_cost IS NULL);
CREATE INDEX requests_with_cache_break ON requests (id, cache_lost) WHERE cache_lost IS NOT NULL;
CREATE INDEX requests_with_tags ON requests (id) WHERE tags IS NOT NULL;
CREATE TABLE rollups (
  start_ms INTEGER NOT NULL,
  lane TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  local_key_id TEXT NOT NULL,
  tool TEXT NOT NULL,
  project TEXT NOT NULL,
  session TEXT NOT NULL,
  served TEXT NOT NULL,
  input_above INTEGER NOT NULL,
  service_tier TEXT NOT NULL,
  requests INTEGER NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  input_tokens INTEGER NOT NULL DEFAULT 0,
  cached_tokens INTEGER NOT NULL DEFAULT 0,
  output_tokens INTEGER NOT NULL DEFAULT 0,
  cost INTEGER NOT NULL DEFAULT 0,
  cache_saved INTEGER NOT NULL DEFAULT 0,
  cache_lost INTEGER NOT NULL DEFAULT 0,
  unpriced INTEGER NOT NULL DEFAULT 0,
  timed INTEGER NOT NULL DEFAULT 0,
  total_ms INTEGER NOT NULL DEFAULT 0,
  started INTEGER NOT NULL DEFAULT 0,
  first_byte_ms INTEGER NOT NULL DEFAULT 0,
  fresh_input INTEGER NOT NULL DEFAULT 0,
  cache_read INTEGER NOT NULL DEFAULT 0,
  cache_write_5m INTEGER NOT NULL DEFAULT 0,
  cache_write_1h INTEGER NOT NULL DEFAULT 0,
  audio_input INTEGER NOT NULL DEFAULT 0,
  image_input INTEGER NOT NULL DEFAULT 0,
  output_text INTEGER NOT NULL DEFAULT 0,
  output_reasoning INTEGER NOT NULL DEFAULT 0,
  output_audio INTEGER NOT NULL DEFAULT 0,
  web_searches INTEGER NOT NULL DEFAULT 0,
  images INTEGER NOT NULL DEFAULT 0,
  metered INTEGER NOT NULL DEFAULT 0,
  unmetered INTEGER NOT NULL DEFAULT 0,
  metered_cost INTEGER NOT NULL DEFAULT 0,
  metered_unpriced INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (start_ms, lane, provider, model, local_key_id, tool, project, session, served, input_above, service_tier)
) STRICT, WITHOUT ROWID;
CREATE TABLE settings (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
CREATE TABLE turn_states (
  id TEXT NOT NULL PRIMARY KEY,
  created_at_ms INTEGER NOT NULL,
  sealed TEXT NOT NULL
) STRICT;
CREATE INDEX turn_states_by_time ON turn_states (created_at_ms);
