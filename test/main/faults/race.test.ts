import { expect, test } from 'vitest';
import { nanoUsd, parseUsd, usdText } from '#shared/money.ts';
import { eventually } from '../../support/eventually.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import { catalogueWithEchoAt, connectApp, startHostedService, sum, watchBalance } from './hosted-service.ts';
import { chat, expectMirrorAgrees, startApp } from './run-app.ts';

const bought = '3.00';
/** Fifty answers of 400 tokens cost all that was bought but less than a stream may begin with (16 tokens). */
const prices = catalogueWithEchoAt('1.00', '149.95');
const affordable = 50;
const script = '#echo tokens 400';

interface Answer {
  status: number;
  text: string;
  retry: string | null;
  limitedBy: string | null;
}

async function read(reply: Promise<Response>): Promise<Answer> {
  const response = await reply;
  const { status, headers } = response;
  const [retry, limitedBy] = [headers.get('x-should-retry'), headers.get('x-corvus-limited-by')];
  return { status, text: await response.text(), retry, limitedBy };
}

test.each([
  { throughApp: 200, direct: 0, stream: true },
  { throughApp: 200, direct: 0, stream: false },
  { throughApp: 100, direct: 100, stream: true },
  { throughApp: 0, direct: 200, stream: false },
])(
  'of $throughApp requests through the app and $direct beside it, racing for a balance that covers 50, as many are served as it pays for (streams: $stream)',
  { timeout: 60_000 },
  async ({ throughApp, direct, stream }) => {
    await using service = await startHostedService(bought, prices);
    const app = await startApp({ home: await temporaryHome(), parameters: ['--no-sandbox'] });
    await connectApp(app, service);
    const key = await app.newKey();
    const watch = watchBalance(service);

    // Each differs: the same one again and again would be answered without the account.
    const ask = (baseUrl: string, secret: string, index: number) =>
      read(chat(baseUrl, secret, script, { stream, max_tokens: 400, user: `caller-${1_000 + index}` }));
    const answers = await Promise.all([
      ...Array.from({ length: throughApp }, (_, index) => ask(app.gateway, key, index)),
      ...Array.from({ length: direct }, (_, index) => ask(service.baseUrl, service.customerKey, index)),
    ]);

    const served = answers.filter(({ status }) => status === 200);
    // The app shortens an answer for which less than the whole is left, and what that leaves may pay for one more.
    const whole = served.filter(({ limitedBy }) => limitedBy !== 'balance');
    const isAllWhole = whole.length === served.length;
    if (isAllWhole) expect(served).toHaveLength(affordable);
    expect(whole.length).toBeLessThanOrEqual(affordable);
    // What shortened ones leave may begin another, sent before that was known, and the account ends it: a legal order,
    // as test/core/envelopes/prepaid-room.test.ts shows.
    const isCut = ({ text }: Answer) => text.includes('insufficient_credits');
    if (isAllWhole) expect(served.filter(isCut)).toEqual([]);
    const ended = served.some(isCut) ? ['completed', 'truncated'] : ['completed'];
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expect(answer).toMatchObject({ status: 429, retry: 'false' });
      expect(JSON.parse(answer.text).error).toMatchObject({ code: 'insufficient_credits', reason: 'balance' });
    }
    const { lowest, looks } = await watch.stop();
    expect(looks).toBeGreaterThan(0);
    expect(lowest).toBeGreaterThanOrEqual(0n);

    const { balance } = await expectMirrorAgrees(app, service.customerKey);
    const { lines } = await app.call('billing.ledger', { cursor: null, limit: 500 });
    const charges = lines.filter(({ kind }) => kind === 'usage');
    expect(charges).toHaveLength(served.length);
    const each = charges
      .map(({ amount }) => -(parseUsd(amount) ?? 0n))
      .reduce((most, cost) => (cost > most ? cost : most));
    expect((parseUsd(bought) ?? 0n) / each).toBe(BigInt(affordable));
    expect(sum(lines.map(({ amount }) => amount))).toBe(balance);
    expect(await service.backend.verify()).toEqual([]);

    const rows = await eventually(async () => {
      const now = await app.requests();
      expect(now).toHaveLength(throughApp);
      expect(now.filter(({ status, costKind }) => status === 'open' || costKind === 'pending')).toEqual([]);
      return now;
    });
    const completed = rows.filter(({ status }) => ended.includes(status));
    const ofApp = new Set(rows.map(({ id }): string => id));
    const chargedToApp = charges.filter(({ requestId }) => requestId !== null && ofApp.has(requestId));
    expect(completed).toHaveLength(chargedToApp.length);
    for (const row of rows.filter(({ status }) => !ended.includes(status))) {
      expect(row).toMatchObject({
        status: 'refused',
        httpStatus: 429,
        errorCode: 'insufficient_credits',
        cost: '0.00',
      });
    }
    if (isAllWhole) expect(sum(rows.map(({ cost }) => cost))).toBe(usdText(nanoUsd(each * BigInt(completed.length))));
    if (direct === 0) expect(sum([...rows.map(({ cost }) => cost), balance])).toBe(bought);
  },
);
