import type { RequestDetail, RequestStatus, RequestSummary } from '#shared/account/request.ts';
import type { CacheBreak } from '#shared/account/cache-breaks.ts';
import type { Order, OrderStatus } from '#shared/account/orders.ts';
import type { StatementLine } from '#shared/contract/billing.ts';
import type { Balance } from '#shared/domain/balance.ts';
import { type LocalKey, noLimits } from '#shared/domain/local-key.ts';
import type { Provider, ProviderKey } from '#shared/domain/provider.ts';
import { localKeyIdSchema, providerIdSchema, type RequestId, requestIdSchema, timeOrderedId } from '#shared/ids.ts';
import { unitPricesFor } from '#shared/metering/price-usage.ts';
import { makeUsage } from '#shared/metering/usage.ts';
import { dayMs, hourMs, minuteMs } from '#shared/time.ts';

export const nowMs = Date.now();
export const longText = 'organisation/a-model-with-a-rather-long-name-that-hardly-fits-anywhere-70b-instruct-preview';
export const hugeAmount = '-999999999.999999999';

export function requestId(number: number): RequestId {
  return requestIdSchema.parse(timeOrderedId('req', nowMs - number * minuteMs, new Uint8Array(10).fill(number)));
}

export function request(number: number, change: Partial<RequestSummary> = {}): RequestSummary {
  return {
    id: requestId(number),
    createdAtMs: nowMs - number * minuteMs,
    localKeyId: localKeyIdSchema.parse('key_1'),
    localKeyLabel: 'Editor',
    dialect: 'openai-chat',
    modelRequested: 'gpt-5.5',
    modelServed: 'gpt-5.5',
    lane: 'prepaid',
    provider: 'corvusllm',
    status: 'completed',
    httpStatus: 200,
    refusedBy: null,
    errorCode: null,
    isStream: true,
    inputTokens: 45_210,
    outputTokens: 912,
    usageSource: 'provider',
    cost: '0.0164275',
    costKind: 'settled',
    totalMs: 4_820,
    match: 'agrees',
    tool: 'Editor',
    project: null,
    session: null,
    agent: null,
    tags: {},
    envelopeIds: [],
    ...change,
  };
}

const endings: Readonly<Record<RequestStatus, Partial<RequestSummary>>> = {
  open: {
    totalMs: null,
    inputTokens: null,
    outputTokens: null,
    cost: null,
    costKind: 'pending',
    usageSource: null,
    httpStatus: null,
  },
  completed: {},
  truncated: { usageSource: 'estimated', cost: '0.003', costKind: 'pending' },
  cancelled: { lane: 'byok', provider: 'anthropic', costKind: 'estimate', modelRequested: 'claude-haiku-4-5' },
  refused: {
    lane: null,
    provider: null,
    httpStatus: 429,
    refusedBy: 'corvus',
    errorCode: 'insufficient_credits',
    cost: '0.00',
    costKind: 'free',
    inputTokens: null,
    outputTokens: null,
    totalMs: 12,
  },
  failed: {
    httpStatus: 502,
    errorCode: 'upstream_connection_error',
    cost: '0.00',
    costKind: 'free',
    inputTokens: null,
    outputTokens: null,
  },
  interrupted: {
    lane: 'local',
    provider: 'ollama',
    modelRequested: 'qwen3:8b',
    cost: null,
    costKind: 'unknown',
    outputTokens: null,
  },
};

export const everyStatus: readonly RequestSummary[] = Object.entries(endings).map(([status, ending], index) =>
  request(index + 1, { ...ending, status: status as RequestStatus }),
);

/** The longest that each column has to hold. */
export const longRequest = request(20, {
  modelRequested: longText,
  modelServed: longText,
  provider: 'a-provider-with-the-longest-name-allowed-',
  localKeyLabel: 'Nightly research agent of the platform team, second attempt',
  inputTokens: 1_048_576,
  outputTokens: 131_072,
  cost: '1234.567891234',
  totalMs: 3_599_000,
});

export function cacheBreak(change: Partial<CacheBreak> = {}): CacheBreak {
  const before = request(30).id;
  return { cause: 'system', at: 12, afterMs: 9_000, tokens: 41_000, lost: '0.1107', before, ...change };
}

const prices = unitPricesFor({ prices: { input: '1.25', output: '10', cacheRead: '0.125' } }, 45_210);

export function detail(change: Partial<RequestDetail> = {}): RequestDetail {
  return {
    ...request(1),
    endpoint: '/v1/chat/completions',
    hints: [],
    usage: makeUsage({ freshInput: 4_210, cacheRead: 41_000, outputText: 700, outputReasoning: 212 }),
    unitPrices: prices,
    catalogueVersion: '2026-11-27.1',
    meteredCost: '0.0195075',
    settledCost: '0.0195075',
    cost: '0.0195075',
    balanceAfter: '24.9804925',
    billing: null,
    match: 'agrees',
    finishReason: 'stop',
    firstByteMs: 640,
    requestBytes: 182_300,
    responseBytes: 12_900,
    userAgent: 'OpenAI/JS 7.55.0',
    routeReason: 'sold',
    plan: null,
    translatedTo: null,
    parentId: null,
    parentAgent: null,
    outputLimit: null,
    limitedBy: null,
    switchedFrom: null,
    switchedBy: null,
    cacheBreak: null,
    parts: [],
    errorMessage: null,
    attempts: [attempt(1, 200, null)],
    ...change,
  };
}

export function attempt(
  number: number,
  httpStatus: number | null,
  errorCode: string | null,
): RequestDetail['attempts'][number] {
  const startedAtMs = nowMs - minuteMs + (number - 1) * 900;
  return {
    number,
    provider: 'corvusllm',
    model: null,
    startedAtMs,
    firstByteMs: httpStatus === null ? null : 640,
    totalMs: 850,
    httpStatus,
    errorCode,
  };
}

export function balance(change: Partial<Extract<Balance, { state: 'confirmed' | 'stale' }>> = {}): Balance {
  return {
    state: 'confirmed',
    balance: '24.9804925',
    held: '0.00',
    spendable: '24.9804925',
    asOfMs: nowMs - 20_000,
    isPlayMoney: false,
    isEstimate: false,
    topupUrl: null,
    ...change,
  };
}

export function providerKey(change: Partial<ProviderKey> = {}): ProviderKey {
  const health = { coolingUntilMs: null, lastFailure: null };
  return { name: 'main', hint: '…8Kd2', isReadable: true, priority: 0, weight: 1, health, ...change };
}

export function provider(change: Partial<Provider> = {}): Provider {
  return {
    id: providerIdSchema.parse('openai'),
    kind: 'openai',
    dialects: ['openai-chat', 'openai-responses'],
    baseUrl: 'https://api.openai.com/v1',
    isLocal: false,
    proxy: { use: 'environment' },
    through: null,
    keys: [providerKey()],
    createdAtMs: nowMs - dayMs,
    models: ['gpt-5.5', 'gpt-5-nano', 'gpt-4.1'],
    lastTest: { atMs: nowMs - 240_000, ok: true, message: 'The key works: 3 models.', latencyMs: 412 },
    balance: null,
    ...change,
  };
}

export function localKey(number: number, change: Partial<LocalKey> = {}): LocalKey {
  return {
    id: localKeyIdSchema.parse(`key_${number}`),
    label: 'Editor',
    hint: 'sk-local-…a1b2',
    route: 'auto',
    limits: noLimits,
    steadiesAttribution: false,
    createdAtMs: nowMs - 40 * dayMs,
    lastUsedAtMs: nowMs - 90_000,
    revokedAtMs: null,
    ...change,
  };
}

export function order(status: OrderStatus, number: number, change: Partial<Order> = {}): Order {
  const createdAt = new Date(nowMs - number * hourMs).toISOString();
  return {
    object: 'order',
    id: `ord_${number}`,
    status,
    origin: 'customer',
    amount: number % 2 === 0 ? '25.00' : '1250.00',
    currency: 'USD',
    checkoutUrl: 'https://pay.example/checkout',
    createdAt,
    paidAt: null,
    takenBack: '0.00',
    failure: null,
    ...change,
  };
}

export function statementLine(sequence: number, change: Partial<StatementLine> = {}): StatementLine {
  return {
    sequence,
    at: new Date(nowMs - sequence * 120_000).toISOString(),
    kind: 'usage',
    amount: '-0.0195075',
    balanceAfter: '24.9804925',
    requestId: requestId(sequence),
    orderId: null,
    description: 'gpt-5.5',
    isRequestHere: true,
    ...change,
  };
}
