import { z } from 'zod';
import type { AccountConnection } from '#shared/contract/account.ts';
import type { Handlers } from '#shared/contract/contract.ts';
import { toCorvusError } from '#shared/errors.ts';
import type { AccountAccess } from '../mirror/account-client.ts';
import type { AccountLink } from '../mirror/account-link.ts';
import type { AccountState } from '../mirror/account-sync.ts';
import type { Ports, RunningSandbox } from '../ports.ts';
import { checkBaseUrl } from '../providers/base-url.ts';
import type { Store } from '../store/store.ts';
import type { Emit } from './emit.ts';

const settingName = 'account.connection';
const secretName = 'account.customer-key';

const keptSchema = z.object({
  mode: z.enum(['sandbox', 'hosted', 'none']),
  baseUrl: z.string().nullable(),
  keyHint: z.string().nullable(),
  /** Whose figures to show until the service answers. */
  accountId: z.string().nullable(),
  sinceMs: z.number(),
});
type Kept = z.infer<typeof keptSchema>;

const nothing: Kept = { mode: 'none', baseUrl: null, keyHint: null, accountId: null, sinceMs: 0 };

export interface AccountServiceParts {
  ports: Pick<Ports, 'clock' | 'secrets' | 'sandbox' | 'paths' | 'logger'>;
  store: Pick<Store, 'settings'>;
  link: AccountLink;
  emit: Emit;
  gatewayUrl(): string | null;
}

export interface AccountService {
  handlers: Pick<Handlers, 'account.get' | 'account.connect' | 'account.use-sandbox' | 'account.disconnect'>;
  connection(): AccountConnection;
  /** Takes up the account of the last run; with nothing kept, play money if that is wanted. */
  start(options: { withSandbox: boolean }): Promise<void>;
  /** Told by the link. */
  onState(state: AccountState): void;
  stop(): Promise<void>;
}

export function createAccountService({ ports, store, link, emit, gatewayUrl }: AccountServiceParts): AccountService {
  let kept: Kept = nothing;
  let sandbox: RunningSandbox | null = null;
  /** Why the account cannot even be asked. */
  let obstacle: string | null = null;
  let lastTold = '';

  function connection(): AccountConnection {
    const state = link.state();
    const { mode, baseUrl, keyHint } = kept;
    return { mode, baseUrl, keyHint, hasAccountApi: state?.hasAccountApi ?? null, problem: obstacle ?? state?.problem?.message ?? null };
  }

  function tell(): AccountConnection {
    const now = connection();
    const text = JSON.stringify(now);
    if (text !== lastTold) emit('account.changed', now);
    lastTold = text;
    return now;
  }

  async function keep(change: Kept): Promise<void> {
    kept = change;
    await store.settings.write(settingName, JSON.stringify(kept));
  }

  async function stopSandbox(): Promise<void> {
    const running = sandbox;
    sandbox = null;
    await running?.stop();
  }

  async function useSandbox(before: Kept | null): Promise<void> {
    sandbox ??= await ports.sandbox.start({ databasePath: ports.paths.sandboxDatabase });
    const { baseUrl, customerKey } = sandbox;
    obstacle = null;
    const { accountId, sinceMs } = before ?? { accountId: null, sinceMs: ports.clock.nowMs() };
    await keep({ mode: 'sandbox', baseUrl, keyHint: hintOf(customerKey), accountId, sinceMs });
    await link.use({ access: { baseUrl, customerKey }, accountId, sinceMs });
  }

  async function useHosted(from: Kept): Promise<void> {
    kept = from;
    const customerKey = await ports.secrets.read(secretName).catch((error: unknown) => void (obstacle = toCorvusError(error).message));
    if (customerKey && from.baseUrl !== null) await link.use({ ...from, access: { baseUrl: from.baseUrl, customerKey } });
    else obstacle ??= 'The customer key is not stored on this machine any more. Connect the account again.';
  }

  /** A key that the service refuses, and an address where none answers, throw. Returns whose account it is, if the service says so. */
  async function probe(access: AccountAccess): Promise<string | null> {
    const client = link.clientFor(access);
    const account = await client.account();
    if (!account) await client.models();
    return account?.id ?? null;
  }

  const handlers = {
    'account.get': async () => connection(),
    async 'account.connect'({ baseUrl, customerKey }) {
      checkBaseUrl(baseUrl, { isLocal: false, ownOrigin: gatewayUrl() });
      const access = { baseUrl: withoutVersion(baseUrl), customerKey };
      const accountId = await probe(access);
      await ports.secrets.write(secretName, customerKey);
      const sinceMs = ports.clock.nowMs();
      await keep({ mode: 'hosted', baseUrl: access.baseUrl, keyHint: hintOf(customerKey), accountId, sinceMs });
      obstacle = null;
      await link.use({ access, accountId, sinceMs });
      await stopSandbox();
      return tell();
    },
    async 'account.use-sandbox'() {
      if (kept.mode !== 'sandbox' || !sandbox) await useSandbox(null);
      await ports.secrets.remove(secretName);
      return tell();
    },
    async 'account.disconnect'() {
      await link.use(null);
      await keep(nothing);
      await ports.secrets.remove(secretName);
      await stopSandbox();
      obstacle = null;
      return tell();
    },
  } satisfies AccountService['handlers'];

  return {
    handlers,
    connection,
    async start({ withSandbox }) {
      const last = readKept(await store.settings.read(settingName));
      if (last?.mode === 'hosted') await useHosted(last);
      else if (withSandbox && last?.mode !== 'none') {
        await useSandbox(last).catch((error: unknown) => {
          obstacle = 'The play-money service could not be started; see the log.';
          ports.logger.error('sandbox.failed', { cause: String(error) });
        });
      }
      tell();
    },
    onState({ account }) {
      if (account && account.id !== kept.accountId && kept.mode !== 'none') {
        keep({ ...kept, accountId: account.id }).catch((error: unknown) => ports.logger.warn('account.not-kept', { cause: String(error) }));
      }
      tell();
    },
    async stop() {
      await link.stop();
      await stopSandbox();
    },
  };
}

function readKept(text: string | null): Kept | null {
  if (text === null) return null;
  const parsed = keptSchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : null;
}

/** People paste the base URL of the inference API; the account's is the one above it. */
function withoutVersion(baseUrl: string): string {
  return baseUrl.replace(/\/+$/, '').replace(/\/v1$/, '').replace(/\/+$/, '');
}

function hintOf(customerKey: string): string {
  return `${customerKey.startsWith('sk-corvus-') ? 'sk-corvus-' : ''}…${customerKey.slice(-4)}`;
}
