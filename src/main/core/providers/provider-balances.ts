import type { Send } from '#proxy/upstream/send.ts';
import type { ProxyChoice } from '#shared/domain/network.ts';
import type { ProviderBalance } from '#shared/domain/provider.ts';
import { toCorvusError, CorvusError } from '#shared/errors.ts';
import type { ProviderId } from '#shared/ids.ts';
import { parseJson } from '#shared/dialects/json-value.ts';
import type { Clock } from '#shared/ports.ts';
import { minuteMs } from '#shared/time.ts';
import type { ProviderRecord } from '../store/records.ts';
import { within } from './within.ts';
import type { ProviderAmount } from './adapter.ts';
import { type AskContext, askProvider } from './ask-provider.ts';
import { judgeAnswer, nameOf } from './judge-answer.ts';
import { adapterFor } from './known-providers.ts';
import { type AddressedProvider, modelsRequest } from './target.ts';

const timeoutMs = 10_000;
/** Some providers limit how often they may be asked. */
const cooldownMs = 3 * minuteMs;

/**
 * The balances of the providers that report one, to the first of their keys; in memory, because an old balance is
 * better requested again.
 */
export interface ProviderBalances {
  of(id: ProviderId): ProviderBalance | null;
  /**
   * Asks one provider, unless it was asked a moment ago and nothing `hasChanged`. Resolves to whether something
   * changed.
   */
  refresh(record: ProviderRecord, hasChanged: boolean): Promise<boolean>;
  /** The same for all of them, unless they were asked a moment ago. Resolves to those about which something changed. */
  refreshAll(records: readonly ProviderRecord[]): Promise<ProviderId[]>;
  forget(id: ProviderId): void;
}

export interface BalancesDeps {
  clock: Clock;
  send: Send;
  readKey(record: ProviderRecord): Promise<string | null>;
  proxyOf(record: ProviderRecord): Promise<ProxyChoice>;
}

export function createProviderBalances({ clock, send, readKey, proxyOf }: BalancesDeps): ProviderBalances {
  const known = new Map<ProviderId, ProviderBalance>();
  const askedAtMs = new Map<ProviderId, number>();

  async function ask(record: ProviderRecord): Promise<ProviderBalance | null> {
    const asOfMs = clock.nowMs();
    try {
      const [secret, proxy] = await Promise.all([readKey(record), proxyOf(record)]);
      if (secret === null) return null;
      const left = await within(clock, timeoutMs, (signal) => readBalance(record, secret, { signal, send, proxy }));
      return { left, asOfMs, problem: null };
    } catch (error) {
      const refusal = toCorvusError(error);
      const before = known.get(record.id);
      // The last amount stays until the provider reports another; its age is shown.
      if (before?.left && !isDefinite(refusal)) return { ...before, problem: refusal.message };
      return { left: null, asOfMs, problem: refusal.message };
    }
  }

  async function refresh(record: ProviderRecord, hasChanged: boolean): Promise<boolean> {
    const lastMs = askedAtMs.get(record.id);
    const isRested = lastMs === undefined || clock.nowMs() - lastMs >= cooldownMs;
    if (!reportsBalance(record.kind) || (!isRested && !hasChanged)) return false;
    askedAtMs.set(record.id, clock.nowMs());
    const balance = await ask(record);
    // Removed while it was asked: the answer belongs to no provider any more.
    if (!askedAtMs.has(record.id)) return false;
    if (balance) known.set(record.id, balance);
    else known.delete(record.id);
    return true;
  }

  return {
    of: (id) => known.get(id) ?? null,
    refresh,
    async refreshAll(records) {
      const changed = await Promise.all(
        records.map(async (record) => ((await refresh(record, false)) ? [record.id] : [])),
      );
      return changed.flat();
    },
    forget(id) {
      known.delete(id);
      askedAtMs.delete(id);
    },
  };
}

/** The provider answered about this key; otherwise it was unreachable or had an error of its own. */
function isDefinite({ code }: CorvusError): boolean {
  return ['upstream_credential_refused', 'insufficient_credits', 'not_found', 'secret_unreadable'].includes(code);
}

/** Whether a provider of this kind reports a balance. */
function reportsBalance(kind: string): boolean {
  return adapterFor(kind)?.balance !== undefined;
}

/**
 * A provider's balance.
 * Throws a `CorvusError` that says why it is not known: `not_found` when the provider answered without an amount.
 */
async function readBalance(provider: AddressedProvider, secret: string, context: AskContext): Promise<ProviderAmount> {
  const { origin, host } = new URL(provider.baseUrl);
  const { headers } = modelsRequest(provider, secret);
  const namesNone = new CorvusError('not_found', `${nameOf(provider)} reports no balance for this key.`);
  let refusal = namesNone;
  for (const { path, read } of adapterFor(provider.kind)?.balance ?? []) {
    const answer = await askProvider(provider, { url: origin + path, headers, body: null }, context);
    const problem = judgeAnswer({ provider, hasKey: true }, answer);
    const amount = problem ? null : read(parseJson(answer.text), host);
    if (amount) return amount;
    refusal = problem ?? namesNone;
  }
  throw refusal;
}
