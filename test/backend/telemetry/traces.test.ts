import { expect, test } from 'vitest';
import type { HttpCredential } from '#backend/upstreams/pool-state.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { startPaidService } from '../../support/start-paid-service.ts';
import { chat, quietLogger, startTestBackend } from '../../support/start-test-backend.ts';
import { factsOf, type ReceivedSpan, startOtlpReceiver } from './otlp-receiver.ts';
import { openTestTelemetry } from '../../support/start-observed.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';
const traceparent = `00-${traceId}-${parentId}-01`;

const named = (spans: readonly ReceivedSpan[], name: string): ReceivedSpan => {
  const found = spans.filter((span) => span.name === name);
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} spans are named ${name}`);
  return found[0];
};

function credential(name: string, origin: string, priority: number): HttpCredential {
  return { name, baseUrl: `${origin}/v1`, dialectFamily: 'openai', apiKey: `sk-CANARY-${name}`, priority, weight: 1 };
}

test('a call is one trace under the client’s own: admit, hold, each try, first byte, settle; upstreams see nothing of it', async () => {
  await using collector = await startOtlpReceiver();
  const bad = await startMockUpstream();
  const good = await startMockUpstream();
  const telemetry = await openTestTelemetry({ isMeasured: false, otlpEndpoint: collector.endpoint });
  const pools = { openai: [credential('bad', bad.origin, 0), credential('good', good.origin, 1)] };
  await using service = await startTestBackend({ telemetry, pools });
  bad.script({ status: 500, body: '{"error":{"message":"down"}}' });
  const headers = { traceparent, tracestate: 'vendor=secret', baggage: 'user=ada' };
  const reply = await service.call('/v1/chat/completions', {
    body: chat('PROMPT-CANARY', { model: 'gpt-5.5' }),
    headers,
  });
  await reply.text();
  expect(reply.status).toBe(200);
  await telemetry.close();

  for (const { headers: seen } of [...bad.received, ...good.received]) {
    for (const name of ['traceparent', 'tracestate', 'baggage']) expect(seen).not.toHaveProperty(name);
  }
  const { spans } = collector;
  expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
  const root = named(spans, 'call openai-chat');
  expect(root.parentSpanId).toBe(parentId);
  const parts = spans.filter((span) => span !== root);
  expect(parts.map(({ name }) => name).toSorted()).toEqual(['admit', 'hold', 'settle', 'upstream', 'upstream']);
  expect(new Set(parts.map(({ parentSpanId }) => parentSpanId))).toEqual(new Set([root.spanId]));
  expect(factsOf(root)).toMatchObject({
    'corvus.request_id': reply.headers.get('x-corvus-request-id'),
    'corvus.family': 'openai',
    'corvus.outcome': 'completed',
    'corvus.cost_usd': reply.headers.get('x-corvus-cost-usd'),
    'gen_ai.request.model': 'gpt-5.5',
    'http.response.status_code': 200,
  });
  expect(root.events.map(({ name }) => name)).toEqual(['first byte']);
  const tries = parts
    .filter(({ name }) => name === 'upstream')
    .map((span) => ({ ...factsOf(span), isError: span.status?.code === 2 }));
  expect(tries).toEqual([
    expect.objectContaining({ 'corvus.credential': 'bad', 'http.response.status_code': 500 }),
    expect.objectContaining({ 'corvus.credential': 'good', 'http.response.status_code': 200, isError: false }),
  ]);
  for (const span of spans) expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano));
  expect(collector.resources[0]).toMatchObject({ 'service.name': 'corvusllm-backend', 'service.version': '1.2.3' });
  const raw = collector.raw.join('\n');
  for (const secret of ['CANARY', service.customerKey, service.accountId, service.customerKeyId])
    expect(raw).not.toContain(secret);
  await bad.close();
  await good.close();
});

test('a refused call is a trace that ends with its code, and its log line names the trace', async () => {
  await using collector = await startOtlpReceiver();
  const telemetry = await openTestTelemetry({ isMeasured: false, otlpEndpoint: collector.endpoint });
  const lines: object[] = [];
  const logger = { ...quietLogger, info: (event: string, facts: object = {}) => void lines.push({ event, ...facts }) };
  await using service = await startTestBackend({ telemetry, logger });
  const body = chat('Hi', { model: 'no-such-model' });
  expect((await service.call('/v1/chat/completions', { body, headers: { traceparent } })).status).toBe(404);
  await (await service.call('/v1/chat/completions', { body: chat('Hi') })).text();
  await telemetry.close();
  const calls = collector.spans.filter(({ name }) => name === 'call openai-chat');
  const refused = calls.find((span) => span.traceId === traceId);
  const answered = calls.find((span) => span.traceId !== traceId);
  expect(refused?.status?.code).toBe(2);
  expect(factsOf(refused ?? { attributes: [] })).toMatchObject({
    'error.type': 'model_not_found',
    'http.response.status_code': 404,
  });
  expect(lines).toEqual([
    expect.objectContaining({ event: 'call.refused', errorCode: 'model_not_found', traceId }),
    expect.objectContaining({ event: 'call.ended', status: 200, traceId: answered?.traceId }),
  ]);
});

test.each([
  '',
  'nonsense',
  `00-${'0'.repeat(32)}-${parentId}-01`,
  `ff-${traceId}-${parentId}-01`,
  `00-${traceId}-${parentId}-01-x`,
])('traceparent %j is no trace: a new one begins', async (given) => {
  await using collector = await startOtlpReceiver();
  const telemetry = await openTestTelemetry({ isMeasured: false, otlpEndpoint: collector.endpoint });
  await using service = await startTestBackend({ telemetry });
  await (await service.call('/v1/chat/completions', { body: chat('Hi'), headers: { traceparent: given } })).text();
  await telemetry.close();
  const root = named(collector.spans, 'call openai-chat');
  expect(root.parentSpanId ?? '').toBe('');
  expect(root.traceId).not.toBe(traceId);
});

test('a webhook is a trace with its result', async () => {
  await using collector = await startOtlpReceiver();
  const telemetry = await openTestTelemetry({ isMeasured: false, otlpEndpoint: collector.endpoint });
  {
    await using paid = await startPaidService({ telemetry });
    await paid.paidOrder('10.00');
    await fetch(paid.webhookUrl, { method: 'POST', body: '{}', headers: { 'stripe-signature': 't=1,v1=00' } });
  }
  await telemetry.close();
  const outcomes = collector.spans
    .filter(({ name }) => name === 'payment event')
    .map((span) => factsOf(span)['corvus.outcome']);
  expect(outcomes).toEqual(expect.arrayContaining(['credited', 'refused']));
});

test('an unreachable collector delays neither calls nor the shutdown', async () => {
  const telemetry = await openTestTelemetry({ isMeasured: false, otlpEndpoint: 'http://127.0.0.1:9' });
  await using service = await startTestBackend({ telemetry });
  expect((await service.call('/v1/chat/completions', { body: chat('Hi') })).status).toBe(200);
  await telemetry.close();
});
