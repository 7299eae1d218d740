import type { CallName, Handlers } from '#shared/contract/contract.ts';
import type { RepeatBreaker } from './repeat-breaker.ts';

/** Changes after which a request that was refused may be answered. */
const changes = [
  'account.connect',
  'account.use-sandbox',
  'account.disconnect',
  'envelopes.create',
  'envelopes.change',
  'envelopes.reset',
  'envelopes.remove',
  'keys.set-limits',
  'keys.set-attribution',
  'links.accept',
  'network.set',
  'prices.set',
  'prices.unset',
  'prices.set-list',
  'providers.add',
  'providers.add-found',
  'providers.set-proxy',
  'providers.add-key',
  'providers.change-key',
  'providers.remove-key',
  'providers.remove',
  'providers.test',
  'routing.set',
  'settings.set',
] as const satisfies readonly CallName[];

/** Calls that query the upstreams on purpose and need their current answer, not an earlier one. */
const trials = ['doctor.run', 'doctor.try'] as const satisfies readonly CallName[];

/**
 * Wraps the handlers: calls that change something clear what the repeat breaker remembers, and so does a trial, before
 * it begins.
 */
export function forgettingRepeats(handlers: Handlers, { forgetAll }: Pick<RepeatBreaker, 'forgetAll'>): Handlers {
  const changing = changes.reduce<Handlers>((all, name) => withCallbacks(all, name, { after: forgetAll }), handlers);
  return trials.reduce<Handlers>((all, name) => withCallbacks(all, name, { before: forgetAll }), changing);
}

function withCallbacks(
  handlers: Handlers,
  name: CallName,
  { before, after }: { before?: () => void; after?: () => void },
): Handlers {
  const handle: (input: never) => Promise<unknown> = handlers[name];
  const called = async (input: never): Promise<unknown> => {
    before?.();
    const result = await handle(input);
    after?.();
    return result;
  };
  return { ...handlers, [name]: called };
}
