import type { Network } from '#proxy/network/create-network.ts';
import type { Send } from '#proxy/upstream/send.ts';
import type { ProxyChoice } from '#shared/domain/network.ts';
import { toCorvusError, CorvusError } from '#shared/errors.ts';
import type { ProviderId } from '#shared/ids.ts';
import { parseJson } from '#shared/dialects/json-value.ts';
import { elapsedMs, minuteMs, parseHttpDate } from '#shared/time.ts';
import type { Ports } from '../ports.ts';
import { proveKey } from './prove-key.ts';
import { adapterFor } from './known-providers.ts';
import type { ProviderKeyRecord, ProviderRecord, ProviderTest } from '../store/records.ts';
import { within } from './within.ts';
import { type AskContext, askProvider } from './ask-provider.ts';
import { judgeAnswer, nameOf } from './judge-answer.ts';
import { type AddressedProvider, modelsRequest } from './target.ts';
import { headerText } from '#proxy/reply/upstream-reply.ts';
import type { Clock } from '#shared/ports.ts';

const timeoutMs = 15_000;

export interface TestDeps extends Pick<Ports, 'clock' | 'logger'> {
  send: Send;
  network: Pick<Network, 'proxyFor'>;
  /** Throws `secret_unreadable`. */
  proxyOf(record: ProviderRecord): Promise<ProxyChoice>;
}

/**
 * Asks a provider for its models, with each of its keys, and whether they are valid. Never throws: a failure is a
 * result.
 */
export async function testProvider(record: ProviderRecord, readKey: ReadKey, deps: TestDeps): Promise<ProviderTest> {
  const [first, ...others] = record.keys;
  if (!first) return testKey(record, async () => null, deps);
  const testNamed = ({ name }: ProviderKeyRecord) => testKey(record, () => readKey(record.id, name), deps);
  const result = await testNamed(first);
  if (others.length === 0) return result;
  const all = [{ name: first.name, result }];
  for (const key of others) all.push({ name: key.name, result: await testNamed(key) });
  return {
    ...result,
    models: all.find((tested) => tested.result.models !== null)?.result.models ?? null,
    lastTest: {
      ...result.lastTest,
      ok: all.every((tested) => tested.result.lastTest.ok),
      message: all.map(({ name, result: { lastTest } }) => `${name}: ${lastTest.message}`).join(' · '),
    },
  };
}

/** Throws `secret_unreadable`. */
type ReadKey = (id: ProviderId, name: string) => Promise<string>;

async function testKey(
  record: ProviderRecord,
  readKey: () => Promise<string | null>,
  { clock, logger, send, network, proxyOf }: TestDeps,
): Promise<ProviderTest> {
  const atMs = clock.nowMs();
  const compared = compareClock(send, clock);
  const clockAhead = () => {
    const clockAheadMs = compared.aheadMs();
    return clockAheadMs === null ? {} : { clockAheadMs };
  };
  try {
    return await within(clock, timeoutMs, async (signal) => {
      const [secret, proxy] = await Promise.all([readKey(), proxyOf(record)]);
      const context = { signal, send: compared.send, proxy };
      const models = await listModels(record, secret, context);
      const latencyMs = elapsedMs(atMs, clock.nowMs());
      const remark = secret === null ? null : await proveKey(record, secret, models, context);
      const isQuote = adapterFor(record.kind)?.namesDeployments !== true;
      const offer = isQuote
        ? `${models.length} ${models.length === 1 ? 'model' : 'models'}`
        : 'Calls name a deployment of yours';
      const through = network.proxyFor({ origin: new URL(record.baseUrl).origin, proxy });
      const way = through === null ? null : `through the proxy ${through.shown}`;
      const message = [offer, remark, way].filter((part) => part !== null).join('; ');
      return {
        id: record.id,
        models: isQuote ? models : null,
        lastTest: { atMs, ok: true, message, latencyMs, ...clockAhead() },
      };
    });
  } catch (error) {
    const refusal = toCorvusError(error);
    if (refusal.code === 'internal_error')
      logger.error('providers.test-failed', { id: record.id, cause: String(refusal.cause) });
    const failed = { atMs, ok: false, message: refusal.message, latencyMs: null, code: refusal.code };
    return { id: record.id, models: null, lastTest: { ...failed, ...clockAhead() } };
  }
}

/** A provider's models, without a test of its keys; null: it gives no list now, or names deployments. */
export async function readModels(
  record: ProviderRecord,
  readFirst: () => Promise<string | null>,
  { clock, send, proxyOf }: Pick<TestDeps, 'clock' | 'send' | 'proxyOf'>,
): Promise<readonly string[] | null> {
  if (adapterFor(record.kind)?.namesDeployments === true) return null;
  try {
    return await within(clock, timeoutMs, async (signal) => {
      const [secret, proxy] = await Promise.all([readFirst(), proxyOf(record)]);
      return listModels(record, secret, { signal, send, proxy });
    });
  } catch {
    return null;
  }
}

/** A provider's list is stored, and searched at every call. */
const mostModels = 5_000;

const longestSlug = 512;

/** Asks a provider for its models, which is free. Throws a `CorvusError` whose sentence says what to do. */
async function listModels(provider: AddressedProvider, secret: string | null, context: AskContext): Promise<string[]> {
  const { url, headers, parse } = modelsRequest(provider, secret);
  const answer = await askProvider(provider, { url, headers, body: null }, context);
  const problem = judgeAnswer({ provider, hasKey: secret !== null }, answer);
  if (problem) throw problem;
  const models = parse(parseJson(answer.text));
  if (!models) {
    throw new CorvusError(
      'upstream_not_json',
      `The answer of ${new URL(url).host} is not a model list of ${nameOf(provider)}. Check the base URL.`,
    );
  }
  return models.filter(({ length }) => length <= longestSlug).slice(0, mostModels);
}

/** Signed requests are refused from five minutes on; slow answers and coarse dates stay well below. */
const mostMs = 5 * minuteMs;

/**
 * The same way to send, and how far this machine's clock is ahead by the last answer's date; null where it is right, or
 * not known.
 */
function compareClock(send: Send, clock: Pick<Clock, 'nowMs'>): { send: Send; aheadMs(): number | null } {
  let aheadMs: number | null = null;
  return {
    aheadMs: () => (aheadMs === null || Math.abs(aheadMs) <= mostMs ? null : aheadMs),
    send: {
      async send(request, signal) {
        const reply = await send.send(request, signal);
        const dateMs = parseHttpDate(headerText(reply.headers, 'date') ?? '', clock.nowMs());
        // A cache on the way sends the date of the first answer, and says for how long it has kept it.
        const ageMs = Number(headerText(reply.headers, 'age') ?? '0') * 1_000;
        const offMs = clock.nowMs() - dateMs - ageMs;
        if (!Number.isNaN(offMs)) aheadMs = offMs;
        return reply;
      },
    },
  };
}
