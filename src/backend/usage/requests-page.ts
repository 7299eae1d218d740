import { html, raw } from 'hono/html';
import type { z } from 'zod';
import { dayMs } from '#shared/time.ts';
import { scopeOf } from '../auth/roles.ts';
import { keyNames, requestReportOf } from './report-requests.ts';
import { sumUsage } from '../store/request-sums.ts';
import type { RequestRow } from '../database/schema.ts';
import { listKeys } from '../auth/key-store.ts';
import { listOpenRequests, searchRequests } from './request-search.ts';
import type { HttpContext } from '../http/endpoint.ts';
import type { Html } from '../http/pages/frame.ts';
import { options, table } from '../http/pages/parts.ts';
import { parseInput } from '../http/read-input.ts';
import { customerPage } from '../portal/portal-page.ts';
import { requestColumns } from './request-list.ts';
import { endings, requestSearchSchema } from './usage-input.ts';
import type { UsageRouteDeps } from './usage-route-deps.ts';

const path = '/dashboard/requests';
const pageSize = 50;
const mostOpen = 20;
const offeredMs = 30 * dayMs;

export const requestsPage = customerPage<UsageRouteDeps>(path, async ({ context, services: { db, clock }, caller }) => {
  const scope = scopeOf(caller);
  const search = parseInput(requestSearchSchema, context.req.query());
  const keys = keyNames(await listKeys(db, scope));
  const filter = {
    model: search.model,
    outcome: search.status,
    keyId: search.key,
    fromMs: search.from,
    toMs: search.to,
  };
  const isFiltered = Object.values(filter).some((value) => value !== null);
  const found = await searchRequests(db, scope, filter, { before: search.before, limit: pageSize + 1 });
  const open = isFiltered || search.before ? [] : await listOpenRequests(db, scope, mostOpen);
  const rows = [...open, ...found.slice(0, pageSize)].map((row) => requestReportOf(row, keys));
  const nowMs = clock.nowMs();
  const used = await sumUsage(db, scope, { startMs: nowMs - offeredMs, endMs: nowMs + 1, groupBy: 'model' });
  const body = html`<h1>Requests</h1>
    <p class="lead">In the order in which they ended, the newest first. The time opens the receipt.</p>
    ${filterBar(search, [...new Set([...used.map((group) => group.key), ...(search.model === null ? [] : [search.model])])], keys)}
    ${table({
      name: 'Requests',
      rows,
      columns: requestColumns(rows),
      empty: isFiltered
        ? 'No matching requests.'
        : 'No request was made yet. The overview shows how to make the first one.',
    })}
    ${pageLinks(context, found, search.before !== null)}`;
  return { title: 'Requests', body };
});

function filterBar(
  { model, status, key, from, to }: z.output<typeof requestSearchSchema>,
  models: readonly string[],
  keys: ReadonlyMap<string, string>,
): Html {
  const dayText = (ms: number | null): string => (ms === null ? '' : new Date(ms).toISOString().slice(0, 10));
  const named = (names: readonly string[]): (readonly [string, string])[] => names.map((name) => [name, name]);
  return html`<form class="bar" role="search">
    <label class="wide"
      >Model<select name="model">
        ${options([['', 'All'], ...named(models)], model ?? '')}
      </select></label
    >
    <label
      >Status<select name="status">
        ${options([['', 'All'], ...Object.entries(endings)], status ?? '')}
      </select></label
    >
    <label
      >Key<select name="key">
        ${options([['', 'All'], ...keys], key ?? '')}
      </select></label
    >
    <label>From, UTC<input type="date" name="from" value="${dayText(from)}" /></label>
    <label>To, UTC<input type="date" name="to" value="${dayText(to === null ? null : to - 1)}" /></label>
    <button>Show</button>
    ${[model, status, key, from, to].some((value) => value !== null) ? html`<a href="${path}">Clear</a>` : raw('')}
  </form>`;
}

function pageLinks(context: HttpContext, found: readonly RequestRow[], isPaged: boolean): Html {
  const last = found.length > pageSize ? found[pageSize - 1] : undefined;
  const link = (before: string | null): string => {
    const query = new URLSearchParams(context.req.query());
    if (before === null) query.delete('before');
    else query.set('before', before);
    return `${path}?${query.toString()}`;
  };
  return html`<p class="row">
    ${isPaged ? html`<a href="${link(null)}">Newest</a>` : ''}
    ${last ? html`<a href="${link(`${last.settled_at_ms}-${last.id}`)}">Older</a>` : ''}
  </p>`;
}
