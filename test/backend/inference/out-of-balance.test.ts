import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

/** An account without credit, and a fetch that counts. */
async function startEmpty(
  exhaustedStatus: 402 | 429,
): Promise<{ service: TestBackend; fetch: typeof fetch; calls: () => number }> {
  const service = await startTestBackend({ isPlayMoney: false, exhaustedStatus });
  let calls = 0;
  const counting: typeof fetch = (...input) => {
    calls += 1;
    return fetch(...input);
  };
  return { service, fetch: counting, calls: () => calls };
}

test.each([
  [429, OpenAI.RateLimitError],
  [402, OpenAI.APIError],
] as const)(
  'the openai package raises its own error for an empty balance after one call (%i)',
  async (status, errorClass) => {
    const { service, fetch, calls } = await startEmpty(status);
    await using _ = service;
    const client = new OpenAI({ baseURL: `${service.baseUrl}/v1`, apiKey: service.customerKey, fetch });
    const failed = await client.chat.completions
      .create({ model: 'corvus/echo', messages: [{ role: 'user', content: 'Hi' }] })
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(errorClass);
    expect(failed).toMatchObject({ status, code: 'insufficient_credits' });
    expect(String(failed)).toContain('Out of balance');
    const { headers, error } = failed as InstanceType<typeof OpenAI.APIError> & { error: object };
    expect(headers?.get('x-should-retry')).toBe('false');
    expect(headers?.get('retry-after')).toBeNull();
    expect(error).toMatchObject({
      reason: 'balance',
      balance: '0.00',
      affordable_output_tokens: 0,
      topup_url: `${service.baseUrl}/topup`,
    });
    expect(calls()).toBe(1);
    expect(await service.backend.verify()).toEqual([]);
  },
);

test.each([
  [429, Anthropic.RateLimitError, 'rate_limit_error'],
  [402, Anthropic.APIError, 'billing_error'],
] as const)(
  'the Anthropic package raises its own error for an empty balance after one call (%i)',
  async (status, errorClass, type) => {
    const { service, fetch, calls } = await startEmpty(status);
    await using _ = service;
    const client = new Anthropic({ baseURL: `${service.baseUrl}/anthropic`, apiKey: service.customerKey, fetch });
    const failed = await client.messages
      .create({ model: 'corvus/echo', max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] })
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(errorClass);
    expect(failed).toMatchObject({ status, error: { error: { type, code: 'insufficient_credits' } } });
    expect(calls()).toBe(1);
  },
);
