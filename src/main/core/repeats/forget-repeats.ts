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
  'network.set',
  'providers.add',
  'providers.set-proxy',
  'providers.add-key',
  'providers.change-key',
  'providers.remove-key',
  'providers.remove',
  'providers.test',
  'routing.set',
  'settings.set',
] as const satisfies readonly CallName[];

/** The same handlers; those that change something end what the repeat breaker remembers. */
export function forgettingRepeats(handlers: Handlers, { forgetAll }: Pick<RepeatBreaker, 'forgetAll'>): Handlers {
  return changes.reduce<Handlers>((all, name) => withCallback(all, name, forgetAll), handlers);
}

function withCallback(handlers: Handlers, name: CallName, changed: () => void): Handlers {
  const handle: (input: never) => Promise<unknown> = handlers[name];
  const called = async (input: never): Promise<unknown> => {
    const result = await handle(input);
    changed();
    return result;
  };
  return { ...handlers, [name]: called };
}
