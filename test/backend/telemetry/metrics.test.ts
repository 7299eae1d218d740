import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nanoUsd, zeroUsd } from '#shared/money.ts';
import { systemClock } from '#backend/runtime/system-ports.ts';
import { observeEnd } from '#backend/inference/observe-calls.ts';
import { counters, gauges, histograms } from '#backend/telemetry/metric-catalogue.ts';
import type { HttpCredential } from '#backend/upstreams/pool-state.ts';
import { eventually } from '../../support/eventually.ts';
import { type MockUpstream, startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { startPaidService } from '../../support/start-paid-service.ts';
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';
import { databaseKind } from '../../support/test-database.ts';
import { adminToken, measured, metricsToken, openTestTelemetry, scrape } from '../../support/start-observed.ts';

const catalogue = [...Object.values(counters), ...Object.values(histograms), ...Object.values(gauges)];
let service: TestBackend;
let upstream: MockUpstream;

beforeAll(async () => {
  upstream = await startMockUpstream();
  const credential: HttpCredential = {
    name: 'main',
    baseUrl: `${upstream.origin}/v1`,
    dialectFamily: 'openai',
    apiKey: 'sk-upstream-CANARY',
    priority: 0,
    weight: 1,
  };
  service = await startTestBackend({ ...(await measured()), pools: { corvus: 'echo', openai: [credential] } });
});

afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await upstream.close();
});

const ask = async (body: object, key?: string): Promise<number> => {
  const reply = await service.call('/v1/chat/completions', { body, ...(key === undefined ? {} : { key }) });
  await reply.text();
  return reply.status;
};

test('a call is counted in every metric it belongs to, with its exact cost', async () => {
  const before = await scrape(service.baseUrl);
  const reply = await service.call('/v1/chat/completions', { body: chat('#echo tokens 40') });
  const cost = Number(reply.headers.get('x-corvus-cost-usd'));
  const { usage } = (await reply.json()) as { usage: { completion_tokens: number } };
  expect(await ask(chat('#echo tokens 3', { stream: true }))).toBe(200);
  const after = await scrape(service.baseUrl);
  const rise = (name: string, labels: Readonly<Record<string, string>>): number =>
    (after.value(name, labels) ?? 0) - (before.value(name, labels) ?? 0);
  const echo = { family: 'corvus', model: 'corvus/echo' };
  expect(cost).toBeGreaterThan(0);
  expect(rise('corvusllm_requests_total', { ...echo, outcome: 'completed', status: '200' })).toBe(2);
  expect(rise('corvusllm_tokens_total', { ...echo, bucket: 'outputText' })).toBe(usage.completion_tokens + 3);
  expect(rise('corvusllm_charged_usd_total', echo)).toBeGreaterThan(cost);
  expect(
    rise('corvusllm_upstream_attempts_total', { family: 'corvus', credential: 'corvus-echo', status: '2xx' }),
  ).toBe(2);
  expect(rise('corvusllm_request_duration_seconds_count', { family: 'corvus', stream: 'true' })).toBe(1);
  expect(rise('corvusllm_first_byte_seconds_count', { family: 'corvus', stream: 'false' })).toBe(1);
  for (const step of ['admit', 'hold', 'settle'])
    expect(rise('corvusllm_step_duration_seconds_count', { step })).toBe(2);
  expect(rise('corvusllm_ledger_postings_total', {})).toBeGreaterThanOrEqual(6);
  expect(after.value('corvusllm_holds_open')).toBe(0);
  expect(after.value('corvusllm_requests_open')).toBe(0);
});

test('an answer under way counts as open, with its hold', async () => {
  const reply = await service.call('/v1/chat/completions', {
    body: chat('#echo tokens 5\n#echo stall', { stream: true }),
  });
  await reply.body?.getReader().read();
  const { value } = await scrape(service.baseUrl);
  expect([value('corvusllm_requests_open'), value('corvusllm_holds_open')]).toEqual([1, 1]);
});

test('refusals are counted by code, and out of balance by reason', async () => {
  const before = await scrape(service.baseUrl);
  await ask(chat('Hi'), 'sk-corvus-unknown');
  await ask(chat('Hi', { model: 'no-such-model' }));
  const { customerKey } = await service.backend.createAccount('capped');
  await service.call('/v1/account/cap', { method: 'PUT', body: { monthly: '0.000000001' }, key: customerKey });
  expect(await ask(chat('Hi'), customerKey)).toBe(402);
  const after = await scrape(service.baseUrl);
  for (const [code, reason] of [
    ['invalid_api_key', ''],
    ['model_not_found', ''],
    ['insufficient_credits', 'monthly_cap'],
  ] as const) {
    const labels = { code, reason };
    expect([
      code,
      (after.value('corvusllm_refusals_total', labels) ?? 0) - (before.value('corvusllm_refusals_total', labels) ?? 0),
    ]).toEqual([code, 1]);
  }
});

test('a failing upstream shows in the class of its status and in the health of its credential', async () => {
  for (let index = 0; index < 3; index += 1) upstream.script({ status: 500, body: '{"error":{"message":"down"}}' });
  for (let index = 0; index < 3; index += 1) await ask(chat('Hi', { model: 'gpt-5.5' }));
  const { value } = await scrape(service.baseUrl);
  expect(value('corvusllm_upstream_attempts_total', { family: 'openai', credential: 'main', status: '5xx' })).toBe(3);
  const healths = ['well', 'cooling', 'out'].map((health) =>
    value('corvusllm_credential_health', { family: 'openai', credential: 'main', health }),
  );
  expect(healths).toEqual([0, 1, 0]);
});

test('unknown model names create no series', async () => {
  await ask(chat('Hi', { model: 'first-stranger' }));
  const before = await scrape(service.baseUrl);
  for (let index = 0; index < 30; index += 1) await ask(chat('Hi', { model: `stranger-${index}\n"} 1` }));
  const after = await scrape(service.baseUrl);
  // How late the event loop is has series only once it was measured.
  const count = ({ families }: typeof after): number =>
    families.flatMap(({ samples }) => samples.filter(({ labels }) => !('quantile' in labels))).length;
  expect(count(after)).toBe(count(before));
  expect(after.text).not.toContain('stranger');
});

test('no account, key, request or secret is in the metrics', async () => {
  await ask(chat('Hi'));
  const { text } = await scrape(service.baseUrl);
  const { customerKey, customerKeyId, accountId } = service;
  for (const secret of [customerKey, customerKeyId, accountId, 'req_', 'CANARY', metricsToken, adminToken])
    expect(text).not.toContain(secret);
});

test('every series is in the catalogue, with its kind and exactly its labels', async () => {
  await ask(chat('Hi'));
  const { families } = await eventually(async () => {
    const scraped = await scrape(service.baseUrl);
    // It has nothing to say of the few milliseconds after another scrape.
    expect(scraped.families.map(({ name }) => name)).toContain('corvusllm_event_loop_delay_seconds');
    return scraped;
  });
  for (const { name, type, help, samples } of families) {
    const known = catalogue.find((facts) => facts.name === name);
    expect([name, help]).toEqual([name, known?.help]);
    const isHistogram = Object.values(histograms).some((facts) => facts.name === name);
    expect([name, type]).toEqual([name, isHistogram ? 'histogram' : name.endsWith('_total') ? 'counter' : 'gauge']);
    for (const { labels } of samples) {
      const names = Object.keys(labels).filter((label) => label !== 'le');
      expect([name, names.toSorted()]).toEqual([name, [...(known?.labels ?? [])].toSorted()]);
    }
  }
  const shown = families.map(({ name }) => name);
  const always = [
    'corvusllm_build_info',
    'corvusllm_schema_version',
    'corvusllm_event_loop_delay_seconds',
    'corvusllm_database_up',
  ];
  expect(shown).toEqual(expect.arrayContaining(always));
  expect(shown.includes('corvusllm_database_connections')).toBe(databaseKind === 'postgres');
});

test('the last verification of the ledger is shown once there is one', async () => {
  await using own = await startTestBackend(await measured());
  expect((await scrape(own.baseUrl)).value('corvusllm_verify_faults')).toBeNull();
  await own.backend.verify();
  expect((await scrape(own.baseUrl)).value('corvusllm_verify_faults')).toBe(0);
  await own.database.run('update customer_accounts set line_count = line_count + 1');
  await own.backend.verify();
  expect((await scrape(own.baseUrl)).value('corvusllm_verify_faults')).toBeGreaterThan(0);
});

test('webhooks and the reconciler are counted by their result', async () => {
  await using paid = await startPaidService(await measured());
  const { baseUrl } = paid.service;
  await paid.paidOrder('10.00');
  const forged = await fetch(paid.webhookUrl, {
    method: 'POST',
    body: '{}',
    headers: { 'stripe-signature': 't=1,v1=00' },
  });
  expect(forged.status).toBe(400);
  await paid.service.backend.reconcilePayments();
  const { value } = await scrape(baseUrl);
  expect(value('corvusllm_payment_events_total', { source: 'webhook', outcome: 'credited' })).toBe(1);
  expect(value('corvusllm_payment_events_total', { source: 'webhook', outcome: 'refused' })).toBe(1);
  // At the start, when that one was waited for, and now.
  await eventually(async () =>
    expect((await scrape(baseUrl)).value('corvusllm_reconciler_runs_total', { result: 'ok' })).toBe(3),
  );
});

test('an automatic charge is counted by the answer of the payment provider', async () => {
  await using paid = await startPaidService(await measured());
  const setup = (await (await paid.service.call('/v1/account/auto-topup/setup', { method: 'POST' })).json()) as {
    url: string;
  };
  paid.stripe.hands.leaveCard(setup.url);
  await paid.deliverAll();
  const settings = { enabled: true, threshold: '3.00', amount: '10.00', monthlyCap: '25.00' };
  await paid.service.call('/v1/account/auto-topup', { method: 'PUT', body: settings });
  await eventually(async () =>
    expect((await scrape(paid.service.baseUrl)).value('corvusllm_auto_topups_total', { outcome: 'taken' })).toBe(1),
  );
});

test('a write-off is counted when it is written, and only once', async () => {
  const telemetry = await openTestTelemetry({ isMeasured: true });
  const ending = { call: {}, metered: { label: { family: 'openai', slug: 'gpt-5.5' } } };
  const moved = {
    cost: nanoUsd(2_500_000_000n),
    writtenOff: nanoUsd(500_000_000n),
    upstreamCost: nanoUsd(750_000_000n),
    writtenOffToday: zeroUsd,
    balance: zeroUsd,
  };
  await observeEnd({ telemetry, clock: systemClock }, ending, async () => ({ kind: 'ended', ...moved }));
  await observeEnd({ telemetry, clock: systemClock }, ending, async () => ({ kind: 'ended_before' }));
  const failing = observeEnd({ telemetry, clock: systemClock }, ending, () => Promise.reject(new Error('disk full')));
  await expect(failing).rejects.toThrow('disk full');
  const text = await telemetry.meter.text?.();
  expect(text).toContain('corvusllm_charged_usd_total{family="openai",model="gpt-5.5"} 2.5\n');
  expect(text).toContain('corvusllm_written_off_usd_total{family="openai",model="gpt-5.5"} 0.5\n');
  expect(text).toContain('corvusllm_upstream_cost_usd_total{family="openai",model="gpt-5.5"} 0.75\n');
  expect(text).toContain('corvusllm_step_duration_seconds_count{step="settle"} 3\n');
});

describe('who may read the metrics', () => {
  const status = async (target: TestBackend, headers: Record<string, string> = {}): Promise<number> =>
    (await fetch(`${target.baseUrl}/metrics`, { headers })).status;

  test('only the metrics token and the operator token', async () => {
    const reply = await fetch(`${service.baseUrl}/metrics`, { headers: { authorization: `Bearer ${adminToken}` } });
    expect(reply.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await status(service, { authorization: `Bearer ${metricsToken}` })).toBe(200);
    expect(await status(service)).toBe(401);
    expect(await status(service, { authorization: `Bearer ${service.customerKey}` })).toBe(401);
    expect(await status(service, { authorization: `Bearer ${metricsToken}x` })).toBe(401);
  });

  test('the metrics token opens nothing else', async () => {
    const reply = await fetch(`${service.baseUrl}/admin/api/overview`, {
      headers: { authorization: `Bearer ${metricsToken}` },
    });
    expect(reply.status).toBe(401);
  });

  test('without a token there is no such page', async () => {
    await using closed = await startTestBackend({ telemetry: await openTestTelemetry({ isMeasured: true }) });
    expect(await status(closed, { authorization: `Bearer ${metricsToken}` })).toBe(404);
  });
});

test('docs/operating.md lists exactly the metrics and their labels', () => {
  const table = /<!-- metrics -->([^]*)<!-- \/metrics -->/.exec(readFileSync('docs/operating.md', 'utf8'))?.[1] ?? '';
  const rows = table.split('\n').flatMap((line) => {
    const [, name = '', labels = '', help = ''] = line.split('|').map((cell) => cell.trim());
    return name.startsWith('`') ? [[name, labels, help]] : [];
  });
  expect(rows).toEqual(
    catalogue.map(({ name, labels, help }) => [`\`${name}\``, labels.map((label) => `\`${label}\``).join(', '), help]),
  );
});

test('the alert rules in docs/operating.md use metrics that exist', () => {
  const rules = /```yaml\ngroups:([^]*?)```/.exec(readFileSync('docs/operating.md', 'utf8'))?.[1] ?? '';
  const asked = [...rules.matchAll(/corvusllm_\w+/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, ''));
  expect(asked.length).toBeGreaterThan(10);
  const names: readonly string[] = catalogue.map(({ name }) => name);
  expect(asked.filter((name) => !names.includes(name))).toEqual([]);
});
