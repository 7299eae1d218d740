import type { SqlDialect } from '../../sql-dialect.ts';

/** A hold that has ended stays as it ended. */
const holdTriggers: Readonly<Record<SqlDialect['name'], string>> = {
  sqlite: `
create trigger holds_end_once before update on holds when old.status <> 'open' begin
  select raise(abort, 'this hold has ended');
end;`,
  postgres: `
create function end_hold_once() returns trigger language plpgsql as $$
begin
  if old.status <> 'open' then raise exception 'this hold has ended'; end if;
  return new;
end $$;
create trigger holds_end_once before update on holds for each row execute function end_hold_once();`,
};

/**
 * One row for each request that was let through: what it was, and what it came to. Its charge is never more than what
 * it held.
 */
export const requests = ({ integer, text, strict }: SqlDialect): string => `
create table requests (
  id ${text} primary key,
  account_id ${text} not null references customer_accounts (id),
  customer_key_id ${text} not null references customer_keys (id),
  created_at_ms ${integer} not null,
  endpoint ${text} not null,
  dialect ${text} not null,
  model_requested ${text} not null,
  model_served ${text},
  is_stream ${integer} not null check (is_stream in (0, 1)),
  catalogue_version ${text} not null,
  status ${text} not null check (status in ('open', 'settled', 'released')),
  settled_at_ms ${integer},
  outcome ${text},
  http_status ${integer},
  error_code ${text},
  finish_reason ${text},
  usage ${text},
  usage_source ${text} not null check (usage_source in ('provider', 'estimated', 'missing')),
  unit_prices ${text},
  input_tokens ${integer},
  output_tokens ${integer},
  held ${integer} not null check (held >= 0),
  cost ${integer} not null check (cost >= 0),
  written_off ${integer} not null check (written_off >= 0),
  upstream_cost ${integer} check (upstream_cost >= 0),
  billing ${text},
  balance_after ${integer},
  ledger_sequence ${integer},
  attempts ${text},
  parts ${text},
  skipped_upstreams ${text},
  check (cost <= held)
)${strict};
create index requests_by_account on requests (account_id, settled_at_ms);
create index requests_by_settlement on requests (settled_at_ms) where settled_at_ms is not null;`;

/** A hold ends once, whatever two instances think of it. */
export const holds = ({ name, integer, text, byKey }: SqlDialect): string => `
create table holds (
  request_id ${text} primary key references requests (id),
  account_id ${text} not null references customer_accounts (id),
  key_id ${text},
  amount ${integer} not null check (amount >= 0),
  exposure ${integer} not null default 0 check (exposure >= 0),
  counted_tokens ${integer},
  status ${text} not null check (status in ('open', 'settled', 'released', 'expired')),
  owner_id ${text} not null,
  opened_at_ms ${integer} not null,
  expires_at_ms ${integer} not null,
  ended_at_ms ${integer},
  check ((status = 'open') = (ended_at_ms is null))
)${byKey};
create index holds_open on holds (expires_at_ms) where status = 'open';
create index holds_open_by_key on holds (key_id) where status = 'open' and key_id is not null;
${holdTriggers[name]}`;
