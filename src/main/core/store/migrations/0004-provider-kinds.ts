/**
 * A provider is of a kind that the catalogue knows, or custom, and may speak several dialects. Those that were entered by hand at
 * an address of the catalogue become of that kind, for then they gain what it knows.
 */
export const providerKinds = {
  name: '0004-provider-kinds',
  sql: `
CREATE TABLE providers_with_kinds (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  dialects TEXT NOT NULL,
  base_url TEXT NOT NULL,
  is_local INTEGER NOT NULL CHECK (is_local IN (0, 1)),
  key_hint TEXT,
  created_at_ms INTEGER NOT NULL,
  models TEXT,
  last_test TEXT
) STRICT;

INSERT INTO providers_with_kinds
SELECT
  id,
  CASE
    WHEN dialect_family = 'openai' AND (base_url = 'https://api.openai.com' OR base_url LIKE 'https://api.openai.com/%') THEN 'openai'
    WHEN dialect_family = 'anthropic' AND (base_url = 'https://api.anthropic.com' OR base_url LIKE 'https://api.anthropic.com/%') THEN 'anthropic'
    ELSE 'custom'
  END,
  CASE dialect_family WHEN 'anthropic' THEN '["anthropic-messages"]' ELSE '["openai-chat"]' END,
  base_url, is_local, key_hint, created_at_ms, models, last_test
FROM providers;

DROP TABLE providers;
ALTER TABLE providers_with_kinds RENAME TO providers;
`,
} as const;
