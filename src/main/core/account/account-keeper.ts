import { z } from 'zod';
import type { AccountConnection } from '#shared/contract/account.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { AccountAccess } from './account-client.ts';
import type { AccountLink } from './account-link.ts';
import type { Ports, RunningSandbox } from '../ports.ts';
import type { Store } from '../store/store.ts';

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

export interface AccountKeeperParts {
  ports: Pick<Ports, 'clock' | 'secrets' | 'sandbox' | 'paths' | 'logger'>;
  store: Pick<Store, 'settings'>;
  link: AccountLink;
}

/** Remembers which account is in use, over restarts, and puts it to use: settings, secret store, play-money service, link. */
export class AccountKeeper {
  readonly #parts: AccountKeeperParts;
  #kept: Kept = nothing;
  #sandbox: RunningSandbox | null = null;
  #obstacle: CorvusError | null = null;

  constructor(parts: AccountKeeperParts) {
    this.#parts = parts;
  }

  connection(): AccountConnection {
    const state = this.#parts.link.state();
    const { mode, baseUrl, keyHint } = this.#kept;
    const problem = this.#obstacle?.message ?? state?.problem?.message ?? null;
    return { mode, baseUrl, keyHint, hasAccountApi: state?.hasAccountApi ?? null, problem };
  }

  /** Why there is an account and it cannot even be asked. */
  obstacle(): CorvusError | null {
    return this.#obstacle;
  }

  /** Where the damaged database of the play-money service was put; null when all was well. */
  damagedSandbox(): string | null {
    return this.#sandbox?.movedTo ?? null;
  }

  /** The account of the last run; with nothing kept, play money if that is wanted. */
  async restore(withSandbox: boolean): Promise<void> {
    const last = readKept(await this.#parts.store.settings.read(settingName));
    if (last?.mode === 'hosted') return this.#useKeptHosted(last);
    if (!withSandbox || last?.mode === 'none') return;
    await this.#startSandbox(last).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.#obstacle = new CorvusError('storage_unavailable', `The play-money service could not be started: ${reason}`, {}, error);
      this.#parts.ports.logger.error('sandbox.failed', { cause: String(error) });
    });
  }

  async useHosted(access: AccountAccess, accountId: string | null): Promise<void> {
    const { ports, link } = this.#parts;
    await ports.secrets.write(secretName, access.customerKey);
    const sinceMs = ports.clock.nowMs();
    await this.#keep({ mode: 'hosted', baseUrl: access.baseUrl, keyHint: hintOf(access.customerKey), accountId, sinceMs });
    await link.use({ access, accountId, sinceMs });
    await this.#stopSandbox();
  }

  async useSandbox(): Promise<void> {
    if (this.#kept.mode !== 'sandbox' || !this.#sandbox) await this.#startSandbox(null);
    await this.#parts.ports.secrets.remove(secretName);
  }

  async useNothing(): Promise<void> {
    await this.#parts.link.use(null);
    await this.#keep(nothing);
    await this.#parts.ports.secrets.remove(secretName);
    await this.#stopSandbox();
  }

  async noteAccountId(accountId: string): Promise<void> {
    if (this.#kept.mode !== 'none' && accountId !== this.#kept.accountId) await this.#keep({ ...this.#kept, accountId });
  }

  async stop(): Promise<void> {
    await this.#parts.link.stop();
    await this.#stopSandbox();
  }

  async #useKeptHosted(kept: Kept): Promise<void> {
    this.#kept = kept;
    const { ports, link } = this.#parts;
    const customerKey = await ports.secrets.read(secretName).catch((error: unknown) => {
      this.#obstacle = toCorvusError(error);
      return null;
    });
    if (customerKey !== null && kept.baseUrl !== null) await link.use({ ...kept, access: { baseUrl: kept.baseUrl, customerKey } });
    else
      this.#obstacle ??= new CorvusError(
        'secret_unreadable',
        'The customer key is not stored on this machine any more. Connect the account again.',
      );
  }

  async #startSandbox(before: Kept | null): Promise<void> {
    const { ports, link } = this.#parts;
    this.#sandbox ??= await ports.sandbox.start({ databasePath: ports.paths.sandboxDatabase });
    const { baseUrl, customerKey } = this.#sandbox;
    const { accountId, sinceMs } = before ?? { accountId: null, sinceMs: ports.clock.nowMs() };
    await this.#keep({ mode: 'sandbox', baseUrl, keyHint: hintOf(customerKey), accountId, sinceMs });
    await link.use({ access: { baseUrl, customerKey }, accountId, sinceMs });
  }

  async #keep(kept: Kept): Promise<void> {
    this.#kept = kept;
    this.#obstacle = null;
    await this.#parts.store.settings.write(settingName, JSON.stringify(kept));
  }

  async #stopSandbox(): Promise<void> {
    const running = this.#sandbox;
    this.#sandbox = null;
    await running?.stop();
  }
}

function readKept(text: string | null): Kept | null {
  if (text === null) return null;
  const parsed = keptSchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : null;
}

function hintOf(customerKey: string): string {
  return `${customerKey.startsWith('sk-corvus-') ? 'sk-corvus-' : ''}…${customerKey.slice(-4)}`;
}
