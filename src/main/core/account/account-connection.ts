import { z } from 'zod';
import type { AccountConnection } from '#shared/contract/account.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { AccountAccess } from './account-client.ts';
import type { AccountLink } from './account-link.ts';
import type { Ports, RunningSandbox } from '../ports.ts';
import type { Store } from '../store/store.ts';

const settingName = 'account.connection';
const secretName = 'account.customer-key';

const storedSchema = z.object({
  mode: z.enum(['sandbox', 'hosted', 'none']),
  baseUrl: z.string().nullable(),
  keyHint: z.string().nullable(),
  /** The account whose totals are shown until the service answers. */
  accountId: z.string().nullable(),
  sinceMs: z.number(),
});
type Stored = z.infer<typeof storedSchema>;

const nothing: Stored = { mode: 'none', baseUrl: null, keyHint: null, accountId: null, sinceMs: 0 };

export interface ConnectionManagerDeps {
  ports: Pick<Ports, 'clock' | 'secrets' | 'sandbox' | 'paths' | 'logger'>;
  store: Pick<Store, 'settings'>;
  link: AccountLink;
}

/**
 * Remembers over restarts which account is in use, and connects it: settings, secret store, play-money service, link.
 */
export class ConnectionManager {
  readonly #parts: ConnectionManagerDeps;
  #stored: Stored = nothing;
  #sandbox: RunningSandbox | null = null;
  #obstacle: CorvusError | null = null;

  constructor(parts: ConnectionManagerDeps) {
    this.#parts = parts;
  }

  connection(): AccountConnection {
    const state = this.#parts.link.state();
    const { mode, baseUrl, keyHint } = this.#stored;
    const problem = this.#obstacle?.message ?? state?.problem?.message ?? null;
    const { hasAccountApi = null, seesStatement = null, account = null } = state ?? {};
    return { mode, baseUrl, keyHint, hasAccountApi, seesStatement, autoTopup: account?.autoTopup ?? null, problem };
  }

  /** Why the account cannot even be asked. */
  obstacle(): CorvusError | null {
    return this.#obstacle;
  }

  /** Where the damaged database of the play-money service was moved; null when all was well. */
  damagedSandbox(): string | null {
    return this.#sandbox?.movedTo ?? null;
  }

  /** The account of the last run; without one, play money if that is enabled. */
  async restore(withSandbox: boolean): Promise<void> {
    const last = readStored(await this.#parts.store.settings.read(settingName));
    if (last?.mode === 'hosted') return this.#useStoredHosted(last);
    if (!withSandbox || last?.mode === 'none') return;
    await this.#startSandbox(last).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.#obstacle = new CorvusError(
        'storage_unavailable',
        `The play-money service could not be started: ${reason}`,
        {},
        error,
      );
      this.#parts.ports.logger.error('sandbox.failed', { cause: String(error) });
    });
  }

  async useHosted(access: AccountAccess, accountId: string | null): Promise<void> {
    const { ports, link } = this.#parts;
    await ports.secrets.write(secretName, access.customerKey);
    const sinceMs = ports.clock.nowMs();
    await this.#keep({
      mode: 'hosted',
      baseUrl: access.baseUrl,
      keyHint: hintOf(access.customerKey),
      accountId,
      sinceMs,
    });
    await link.use({ access, accountId, sinceMs });
    await this.#stopSandbox();
  }

  async useSandbox(): Promise<void> {
    if (this.#stored.mode !== 'sandbox' || !this.#sandbox) await this.#startSandbox(null);
    await this.#parts.ports.secrets.remove(secretName);
  }

  async useNothing(): Promise<void> {
    await this.#parts.link.use(null);
    await this.#keep(nothing);
    await this.#parts.ports.secrets.remove(secretName);
    await this.#stopSandbox();
  }

  async noteAccountId(accountId: string): Promise<void> {
    if (this.#stored.mode !== 'none' && accountId !== this.#stored.accountId)
      await this.#keep({ ...this.#stored, accountId });
  }

  async stop(): Promise<void> {
    await this.#parts.link.stop();
    await this.#stopSandbox();
  }

  async #useStoredHosted(stored: Stored): Promise<void> {
    this.#stored = stored;
    const { ports, link } = this.#parts;
    const customerKey = await ports.secrets.read(secretName).catch((error: unknown) => {
      this.#obstacle = toCorvusError(error);
      return null;
    });
    if (customerKey !== null && stored.baseUrl !== null)
      await link.use({ ...stored, access: { baseUrl: stored.baseUrl, customerKey } });
    else
      this.#obstacle ??= new CorvusError(
        'secret_unreadable',
        'The customer key is no longer stored on this machine. Connect the account again.',
      );
  }

  async #startSandbox(before: Stored | null): Promise<void> {
    const { ports, link } = this.#parts;
    this.#sandbox ??= await ports.sandbox.start({ databasePath: ports.paths.sandboxDatabase });
    const { baseUrl, customerKey } = this.#sandbox;
    const { accountId, sinceMs } = before ?? { accountId: null, sinceMs: ports.clock.nowMs() };
    await this.#keep({ mode: 'sandbox', baseUrl, keyHint: hintOf(customerKey), accountId, sinceMs });
    await link.use({ access: { baseUrl, customerKey }, accountId, sinceMs });
  }

  async #keep(stored: Stored): Promise<void> {
    this.#stored = stored;
    this.#obstacle = null;
    await this.#parts.store.settings.write(settingName, JSON.stringify(stored));
  }

  async #stopSandbox(): Promise<void> {
    const running = this.#sandbox;
    this.#sandbox = null;
    await running?.stop();
  }
}

function readStored(text: string | null): Stored | null {
  if (text === null) return null;
  const parsed = storedSchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : null;
}

function hintOf(customerKey: string): string {
  return `${customerKey.startsWith('sk-corvus-') ? 'sk-corvus-' : ''}…${customerKey.slice(-4)}`;
}
