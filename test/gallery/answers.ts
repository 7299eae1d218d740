import { QueryClient } from '@tanstack/react-query';
import type { CallName, Input, Output } from '#shared/contract/contract.ts';
import { CallError } from '../../src/renderer/lib/call-error.ts';

export interface Answer {
  queryKey: readonly unknown[];
  state: { status: 'success'; data: unknown } | { status: 'error'; error: CallError };
}

export function answer<K extends CallName>(name: K, input: Input<K>, data: Output<K>): Answer {
  return { queryKey: [name, input], state: { status: 'success', data } };
}

export function refusal<K extends CallName>(name: K, input: Input<K>, message: string): Answer {
  return {
    queryKey: [name, input],
    state: { status: 'error', error: new CallError({ code: 'storage_unavailable', message }) },
  };
}

/** The statement, whose pages are loaded one after another. */
export function statementPage(page: Output<'billing.ledger'>): Answer {
  return { queryKey: ['billing.ledger'], state: { status: 'success', data: { pages: [page], pageParams: [null] } } };
}

/** What an entry's components find when they ask. */
export function clientWith(answers: readonly Answer[]): QueryClient {
  const queries = {
    networkMode: 'always',
    retry: false,
    retryOnMount: false,
    staleTime: Number.POSITIVE_INFINITY,
  } as const;
  const client = new QueryClient({ defaultOptions: { queries, mutations: { networkMode: 'always' } } });
  for (const { queryKey, state } of answers) {
    if (state.status === 'success') client.setQueryData(queryKey, state.data);
    else
      client
        .getQueryCache()
        .build(client, { queryKey })
        .setState({ ...state, fetchStatus: 'idle' });
  }
  return client;
}
