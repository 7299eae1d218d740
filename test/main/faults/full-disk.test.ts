import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import { ledgerFaults } from './backend-ledger.ts';
import { fillableDisks } from './full-disk.ts';
import { sum } from './hosted-service.ts';
import { chat, expectMirrorAgrees, sandboxKey, startApp } from './run-app.ts';

const ownCalls = 30;

describe.each(fillableDisks.filter(({ isPossibleHere }) => isPossibleHere))('$name', (disk) => {
  test('own keys are served and their rows wait, prepaid calls are refused before anything is sent; then all is written', async () => {
    const home = await temporaryHome();
    const upstream = await startMockUpstream();
    onTestFinished(() => upstream.close());
    const app = await startApp(disk.options(home));
    const key = await app.newKey();
    const custom = { dialects: ['openai-chat' as const], isLocal: false };
    const provider = { id: 'mine', kind: 'custom', baseUrl: upstream.origin, custom, key: 'sk-provider-of-mine' };
    await app.call('providers.add', provider);
    const { secret: ownKey } = await app.call('keys.create', { label: 'own', route: 'provider:mine' });
    const stream = await chat(app.gateway, key, '#echo tokens 40\n#echo delay 20', { stream: true });

    disk.fill(app.pid, home);
    expect(await stream.text()).toContain('data: [DONE]');
    const own = await Promise.all(
      Array.from({ length: ownCalls }, () => chat(app.gateway, ownKey, 'Hello', { model: 'gpt-5.5' })),
    );
    expect(own.filter(({ status }) => status === 200)).toHaveLength(ownCalls);
    const refused = await chat(app.gateway, key, 'Hello');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('x-should-retry')).toBe('true');
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await refused.json()).toMatchObject({ error: { code: 'billing_unavailable' } });
    const { notices } = await app.call('app.status', undefined);
    expect(notices).toContainEqual(expect.objectContaining({ id: 'store.trouble', level: 'error' }));
    await expect(app.newKey()).rejects.toMatchObject({ code: 'storage_unavailable' });

    disk.free(app.pid, home);
    const rows = await eventually(async () => {
      const now = await app.requests();
      expect(now).toHaveLength(ownCalls + 2);
      expect(now.filter(({ status }) => status === 'open')).toEqual([]);
      return now;
    });
    expect(rows.filter(({ lane, status }) => lane === 'byok' && status === 'completed')).toHaveLength(ownCalls);
    expect(rows[0]).toMatchObject({ status: 'failed', errorCode: 'billing_unavailable', cost: '0.00' });
    await eventually(async () => expect((await app.call('app.status', undefined)).notices).toEqual([]));
    expect((await chat(app.gateway, key, 'Hello')).status).toBe(200);
    expect(await app.stop()).toBe(0);
    if (!disk.lasts) return;

    // The charge that the disk refused was kept, and written at the latest when the service ended.
    expect(await ledgerFaults(join(home, 'sandbox.db'))).toEqual([]);
    const again = await startApp({ home });
    const { balance } = await expectMirrorAgrees(again, await sandboxKey(home));
    const prepaid = (await again.requests()).filter(({ lane }) => lane === 'prepaid');
    expect(prepaid.map(({ status, costKind }) => [status, costKind])).toEqual([
      ['completed', 'settled'],
      ['failed', 'free'],
      ['completed', 'settled'],
    ]);
    expect(sum([balance, ...prepaid.map(({ cost }) => cost)])).toBe('25.00');
  });

  test('it can still be ended, with the disk as it is', async () => {
    const home = await temporaryHome();
    const app = await startApp(disk.options(home));
    const key = await app.newKey();
    disk.fill(app.pid, home);
    expect((await chat(app.gateway, key, 'Hello')).status).toBe(503);
    expect(await app.stop()).toBe(0);
  });
});
