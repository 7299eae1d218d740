import { keepPreviousData, QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import type { CallName, EventName, Input, Output } from '#shared/contract/contract.ts';
import { corvus } from './api.ts';
import type { CallError } from './call-error.ts';
import { throttle } from './throttle.ts';
import { whenSeen } from './when-seen.ts';
import type { ConnectionState } from './transport.ts';

// Requests can come by the hundred; pages follow at a pace a person can read.
const refreshIntervalMs = 1_000;

export const queryClient = new QueryClient({
  defaultOptions: {
    // The core is on this machine: what the browser thinks of the network does not matter.
    queries: { networkMode: 'always', retry: false, staleTime: 30_000, refetchOnWindowFocus: false },
    mutations: { networkMode: 'always', retry: false },
  },
});

/** First in the key of long paged lists. They follow events row by row and decide themselves what a gap means. */
export const pagedQueryPrefix = 'paged';

interface QueryOptions {
  /** Events after which the answer may be another one. */
  refreshOn?: readonly EventName[];
  /** Asks again at this interval for as long as the page shows the answer. */
  refreshEveryMs?: number;
  /** Asks again whenever the page is opened: events that came while it was not are not heard. */
  isAskedOnOpening?: boolean;
  /** Shows the answer for the input before while the next is on its way. */
  keepPrevious?: boolean;
}

/** Reads state that the core owns. The one way pages get at it. */
export function useCorvusQuery<K extends CallName>(name: K, input: Input<K>, options: QueryOptions = {}) {
  const { refreshOn = [], refreshEveryMs, isAskedOnOpening = false, keepPrevious = false } = options;
  useRefresh(name, refreshOn);
  return useQuery<Output<K>, CallError>({
    queryKey: [name, input],
    queryFn: () => corvus.call(name, input),
    ...(refreshEveryMs === undefined ? {} : { refetchInterval: refreshEveryMs }),
    ...(isAskedOnOpening ? { refetchOnMount: 'always' as const } : {}),
    ...(keepPrevious ? { placeholderData: keepPreviousData } : {}),
  });
}

/** Asks the core for a change. What it affects comes back through events. */
export function useCorvusCommand<K extends CallName>(name: K) {
  return useMutation<Output<K>, CallError, Input<K>>({ mutationFn: (input) => callOnce(name, input) });
}

const underWay = new Map<string, Promise<unknown>>();

/** A button can be pressed twice before the page is drawn with one that is busy: that is one change. */
function callOnce<K extends CallName>(name: K, input: Input<K>): Promise<Output<K>> {
  const change = `${name} ${JSON.stringify(input)}`;
  const known = underWay.get(change) as Promise<Output<K>> | undefined;
  if (known) return known;
  const asked = corvus.call(name, input).finally(() => underWay.delete(change));
  underWay.set(change, asked);
  return asked;
}

/** Asks again for every answer of a call when one of the events comes. */
export function useRefresh(name: CallName, events: readonly EventName[]): void {
  const client = useQueryClient();
  const eventList = events.join(' ');
  useEffect(() => {
    ageUnseen(client, name, events);
    const seen = whenSeen(() => void askAgain(client, name), document);
    const refresh = throttle(seen.run, refreshIntervalMs);
    const subscriptions = events.map((event) => corvus.on(event, () => refresh()));
    return () => {
      refresh.cancel();
      seen.stop();
      for (const unsubscribe of subscriptions) unsubscribe();
    };
    // The list is compared by its names: callers build it again at each draw.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [client, name, eventList]);
}

const ageing = new Set<string>();

/** From now on the events also make those answers old that no page shows: the next page that does asks again. */
function ageUnseen(client: QueryClient, name: CallName, events: readonly EventName[]): void {
  for (const event of events) {
    if (ageing.has(`${name} ${event}`)) continue;
    ageing.add(`${name} ${event}`);
    corvus.on(event, () => void client.invalidateQueries({ queryKey: [name], type: 'inactive', refetchType: 'none' }));
  }
}

/** Asks again for every answer of a call that is shown. An answer under way may be older than the event, but is not given up. */
export async function askAgain(client: QueryClient, name: CallName): Promise<void> {
  const queryKey = [name];
  const isUnderWay = client.isFetching({ queryKey }) > 0;
  await client.invalidateQueries({ queryKey }, { cancelRefetch: false });
  if (isUnderWay) await client.invalidateQueries({ queryKey }, { cancelRefetch: false });
}

/** How the page stands with the core. */
export function useConnection(): ConnectionState {
  return useSyncExternalStore(corvus.onConnection, corvus.connection);
}

/** Asks for everything again once events have been missed. */
export function refetchAfterGaps(): () => void {
  let wasDisconnected = false;
  return corvus.onConnection((state) => {
    if (state === 'lost') wasDisconnected = true;
    if (state !== 'open' || !wasDisconnected) return;
    wasDisconnected = false;
    void queryClient.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== pagedQueryPrefix });
  });
}
