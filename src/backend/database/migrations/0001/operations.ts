import type { SqlDialect } from '../../sql-dialect.ts';

/** What operators did, and why. */
export const operators = ({ integer, text, identity, strict, appendOnly }: SqlDialect): string => `
create table audit_entries (
  sequence ${identity},
  at_ms ${integer} not null,
  operator ${text} not null,
  action ${text} not null,
  subject ${text} not null,
  account_id ${text},
  reason ${text} not null check (length(reason) > 0),
  before ${text},
  after ${text}
)${strict};
create index audit_entries_by_subject on audit_entries (subject);
create index audit_entries_by_account on audit_entries (account_id) where account_id is not null;
${appendOnly('audit_entries', 'the audit log is append-only')}`;

/**
 * Upstream credentials, sealed; which pools serve a model family; and a counter by which every instance notices a
 * change.
 */
export const pools = ({ integer, text, strict }: SqlDialect): string => `
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
insert into pool_versions (id, version) values (1, 0);`;

/** Every version of the prices that a request was charged by. */
export const priceVersions = ({ integer, text, strict, appendOnly }: SqlDialect): string => `
create table price_versions (
  version ${text} primary key,
  content_hash ${text} not null,
  content ${text} not null,
  first_used_at_ms ${integer} not null
)${strict};
${appendOnly('price_versions', 'price versions are append-only')}`;
