import type { Handlers } from '#shared/contract/contract.ts';
import { withoutSettlement } from '#shared/account/match-cost.ts';
import type { RequestSummary } from '#shared/account/request.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Clock } from '#shared/ports.ts';
import type { Store } from '../store/store.ts';
import type { Emit } from '../emit.ts';
import { createThrottle } from '../throttle.ts';

export interface RequestsServiceDeps {
  clock: Clock;
  store: Pick<Store, 'requests'>;
  emit: Emit;
  /** False: the service behind prepaid requests never reports what it charged. */
  hasAccountApi(): boolean | null;
}

export interface RequestsService {
  handlers: Pick<
    Handlers,
    'requests.list' | 'requests.export' | 'requests.get' | 'requests.facets' | 'requests.matches'
  >;
  stop(): void;
}

export function createRequestsService({ clock, store, emit, hasAccountApi }: RequestsServiceDeps): RequestsService {
  const asShown = <Row extends RequestSummary>(row: Row): Row =>
    hasAccountApi() === false ? withoutSettlement(row) : row;
  const feed = createRowFeed(clock, (rows) => emit('requests.changed', { rows: rows.map(asShown) }));
  const stopListening = store.requests.onChanged(feed.add);
  const handlers = {
    async 'requests.list'({ filter, cursor, limit }) {
      const page = await store.requests.list(filter, cursor, limit);
      return { ...page, rows: page.rows.map(asShown) };
    },
    async 'requests.export'({ filter, cursor, limit }) {
      const page = await store.requests.export(filter, cursor, limit);
      return { ...page, rows: page.rows.map(asShown) };
    },
    async 'requests.get'({ id }) {
      const detail = await store.requests.get(id);
      if (!detail)
        throw new CorvusError(
          'not_found',
          'There is no request with this id. It may have been deleted because of its age.',
        );
      return { ...asShown(detail), parts: detail.parts.map(asShown) };
    },
    'requests.facets': () => store.requests.facets(),
    'requests.matches': () => store.requests.matches(),
  } satisfies RequestsService['handlers'];

  return {
    handlers,
    stop() {
      stopListening();
      feed.stop();
    },
  };
}

const periodMs = 100;

/**
 * Collects changed rows: the first goes at once, then at most one batch each 100 ms, with the newest state of each row.
 */
export function createRowFeed(clock: Clock, send: (rows: RequestSummary[]) => void) {
  const changed = new Map<string, RequestSummary>();
  const throttle = createThrottle(clock, periodMs, () => {
    const rows = [...changed.values()];
    changed.clear();
    send(rows);
  });
  return {
    add(rows: readonly RequestSummary[]): void {
      for (const row of rows) changed.set(row.id, row);
      if (rows.length > 0) throttle.ask();
    },
    stop: throttle.stop,
  };
}
