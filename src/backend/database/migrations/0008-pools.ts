import type { Migration } from './migration.ts';

/** Upstream credentials, sealed; which pools serve a model family; and a counter by which every instance notices a change. */
export const pools: Migration = {
  name: '0008-pools',
  sql: ({ integer, text, strict }) => `
create table pool_credentials (
  id ${text} primary key,
  pool ${text} not null,
  name ${text} not null,
  base_url ${text} not null,
  dialect_family ${text} not null check (dialect_family in ('openai', 'anthropic')),
  priority ${integer} not null,
  weight ${integer} not null check (weight > 0),
  is_enabled ${integer} not null check (is_enabled in (0, 1)),
  model_map ${text} not null,
  sealed_secret ${text} not null,
  master_key_id ${text} not null,
  created_at_ms ${integer} not null,
  updated_at_ms ${integer} not null,
  removed_at_ms ${integer}
)${strict};
create unique index pool_credentials_by_name on pool_credentials (pool, name) where removed_at_ms is null;

create table pool_routes (
  family ${text} primary key,
  pools ${text} not null
)${strict};

create table pool_versions (
  id ${integer} primary key check (id = 1),
  version ${integer} not null
)${strict};
insert into pool_versions (id, version) values (1, 0);
`,
};
