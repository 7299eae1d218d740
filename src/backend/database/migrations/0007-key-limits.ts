import type { SqlDialect } from '../sql-dialect.ts';

/** What a key may do, and what it has done in each minute, day, week and month. Only limited keys are counted. */
export const keyLimits = {
  name: '0007-key-limits',
  sql: ({ integer, text, strict }: SqlDialect): string => `
alter table customer_keys add column limits ${text};

create table key_windows (
  key_id ${text} not null references customer_keys (id),
  period ${text} not null check (period in ('minute', 'day', 'week', 'month')),
  start_ms ${integer} not null,
  requests ${integer} not null default 0,
  tokens ${integer} not null default 0,
  spent ${integer} not null default 0 check (spent >= 0),
  primary key (key_id, period, start_ms)
)${strict};

alter table holds add column key_id ${text};
alter table holds add column counted_tokens ${integer};
create index holds_open_by_key on holds (key_id) where status = 'open' and key_id is not null;`,
};
