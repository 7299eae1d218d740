import type { AccountConnection } from '#shared/contract/account.ts';
import type { Handlers } from '#shared/contract/contract.ts';
import type { CorvusError } from '#shared/errors.ts';
import type { AccountAccess } from './account-client.ts';
import type { AccountState } from './account-state.ts';
import { checkBaseUrl } from '../providers/base-url.ts';
import { ConnectionManager, type ConnectionManagerDeps } from './account-connection.ts';
import type { Emit } from '../emit.ts';

export interface AccountServiceDeps extends ConnectionManagerDeps {
  emit: Emit;
  ownOrigins(): readonly string[];
}

export interface AccountService {
  handlers: Pick<Handlers, 'account.get' | 'account.connect' | 'account.use-sandbox' | 'account.disconnect'>;
  connection(): AccountConnection;
  /** Why the account cannot even be asked; null when it can, or there is none. */
  obstacle(): CorvusError | null;
  /** Where the damaged database of the play-money service was moved; null when all was well. */
  damagedSandbox(): string | null;
  /** Connects the account of the last run; without one, play money if that is enabled. */
  start(options: { withSandbox: boolean }): Promise<void>;
  /** Called by the link. */
  onState(state: AccountState): void;
  stop(): Promise<void>;
}

export function createAccountService(parts: AccountServiceDeps): AccountService {
  const { ports, link, emit, ownOrigins } = parts;
  const connection = new ConnectionManager(parts);
  let lastReported = '';

  function emitIfChanged(): AccountConnection {
    const now = connection.connection();
    const text = JSON.stringify(now);
    if (text !== lastReported) emit('account.changed', now);
    lastReported = text;
    return now;
  }

  /**
   * Throws for a key that the service refuses and for an unreachable address. Returns the account's id, if the service
   * reports it.
   */
  async function probe(access: AccountAccess): Promise<string | null> {
    const client = link.clientFor(access);
    const account = await client.account();
    if (!account) await client.models();
    return account?.id ?? null;
  }

  const handlers = {
    'account.get': async () => connection.connection(),
    async 'account.connect'({ baseUrl, customerKey }) {
      checkBaseUrl(baseUrl, { isLocal: false, ownOrigins: ownOrigins() });
      const access = { baseUrl: withoutVersion(baseUrl), customerKey };
      await connection.useHosted(access, await probe(access));
      return emitIfChanged();
    },
    async 'account.use-sandbox'() {
      await connection.useSandbox();
      return emitIfChanged();
    },
    async 'account.disconnect'() {
      await connection.useNothing();
      return emitIfChanged();
    },
  } satisfies AccountService['handlers'];

  return {
    handlers,
    connection: () => connection.connection(),
    obstacle: () => connection.obstacle(),
    damagedSandbox: () => connection.damagedSandbox(),
    async start({ withSandbox }) {
      await connection.restore(withSandbox);
      emitIfChanged();
    },
    onState({ account }) {
      if (account) {
        connection
          .noteAccountId(account.id)
          .catch((error: unknown) => ports.logger.warn('account.not-kept', { cause: String(error) }));
      }
      emitIfChanged();
    },
    stop: () => connection.stop(),
  };
}

/** People paste the base URL of the inference API; the account's is one level above. */
function withoutVersion(baseUrl: string): string {
  return baseUrl.replace(/\/+$/, '').replace(/\/v1$/, '').replace(/\/+$/, '');
}
