import { expect, test } from 'vitest';
import { accountSchema } from '#shared/account/account.ts';
import { ledgerPageSchema } from '#shared/account/ledger.ts';
import { parseCatalogue } from '#shared/metering/price-catalogue.ts';
import { parseUsd } from '#shared/money.ts';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

async function balance(service: TestBackend): Promise<bigint> {
  const account = accountSchema.parse(await (await service.call('/v1/account')).json());
  expect(account.held).toBe('0.00');
  return parseUsd(account.balance) ?? -1n;
}

/** The echo model at a price at which the grant pays for few answers. */
const dearCatalogue = parseCatalogue({
  ...catalogue,
  models: catalogue.models.map((model) =>
    model.slug === 'corvus/echo' ? { ...model, prices: { input: '250.00', output: '1000.00' } } : model,
  ),
});
const outputRate = 1_000_000n;

/**
 * Spends with single requests until the balance pays for this many more of a kind, and a dozen tokens besides: less
 * than any request may begin with, more than the overestimate of the last one's input.
 */
async function leaveMoneyFor(service: TestBackend, requests: bigint, cost: bigint): Promise<void> {
  const target = requests * cost + 12n * outputRate;
  for (;;) {
    const excess = (await balance(service)) - target;
    const tokens = Math.min(8_000, Number(excess / outputRate) - 4);
    if (tokens < 1) return;
    await service.call('/v1/chat/completions', { body: chat(`#echo tokens ${tokens}`) });
  }
}

test.each([
  ['answers in one piece', false],
  ['streams', true],
])(
  '200 requests racing for a balance that covers 50: exactly 50 are served (%s)',
  { timeout: 120_000 },
  async (_name, stream) => {
    await using service = await startTestBackend({ priceCatalogue: dearCatalogue });
    const body = chat('#echo tokens 400', { stream, max_tokens: 400 });
    const before = await balance(service);
    const first = await service.call('/v1/chat/completions', { body });
    expect((await first.text()).length).toBeGreaterThan(400);
    const cost = before - (await balance(service));
    await leaveMoneyFor(service, 50n, cost);
    const affordable = (await balance(service)) / cost;
    const replies = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const reply = await service.call('/v1/chat/completions', { body });
        return { status: reply.status, text: await reply.text(), retry: reply.headers.get('x-should-retry') };
      }),
    );
    const served = replies.filter((reply) => reply.status === 200);
    const refused = replies.filter((reply) => reply.status !== 200);
    expect(affordable).toBe(50n);
    expect(served).toHaveLength(50);
    for (const { text } of served) expect(text).not.toContain('insufficient_credits');
    for (const { status, text, retry } of refused) {
      expect(status).toBe(429);
      expect(retry).toBe('false');
      // While streams are under way that may cost more than they hold, they are the reason.
      const reason = expect.stringMatching(stream ? /^(balance|under_way)$/ : /^balance$/);
      expect(JSON.parse(text).error).toMatchObject({ code: 'insufficient_credits', reason });
    }
    expect(await balance(service)).toBeGreaterThanOrEqual(0n);
    expect(await service.backend.verify()).toEqual([]);
    const lines = ledgerPageSchema.parse(await (await service.call('/v1/account/ledger?limit=1000')).json());
    expect(
      lines.data
        .filter((line) => line.kind === 'usage')
        .slice(-50)
        .every((line) => parseUsd(line.amount) === -cost),
    ).toBe(true);
  },
);
