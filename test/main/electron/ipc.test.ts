import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { callChannel } from '../../../src/shared/contract/bridge.ts';
import { callNames, eventNames } from '../../../src/shared/contract/names.ts';
import { isErrorCode } from '../../../src/shared/errors.ts';
import { loadPreload, runningShell } from './shell-fixture.ts';

test('a call goes from the page through the real preload to the core and back', async () => {
  const fixture = await runningShell();
  const corvus = await loadPreload(fixture);
  expect(await corvus.call('settings.set', { theme: 'dark' })).toMatchObject({ ok: true, value: { theme: 'dark' } });
  expect(fixture.core().settings.theme).toBe('dark');
  expect(await corvus.call('settings.set', { theme: 'pink' } as never)).toMatchObject({
    ok: false,
    error: { code: 'bad_request' },
  });
});

test('the page gets two functions and nothing of Electron', async () => {
  const fixture = await runningShell();
  const corvus = await loadPreload(fixture);
  expect([...fixture.standIn.contextBridge.exposed.keys()]).toEqual(['corvus']);
  expect(Object.keys(corvus).sort()).toEqual(['call', 'on']);
  expect(await corvus.call('shell.openExternal' as never, undefined as never)).toMatchObject({
    ok: false,
    error: { code: 'route_not_found' },
  });
  expect(await corvus.call('settings.get', (() => 1) as never)).toMatchObject({
    ok: false,
    error: { code: 'bad_request' },
  });
});

test('events reach the page by name until it unsubscribes, without an event object', async () => {
  const fixture = await runningShell();
  const corvus = await loadPreload(fixture);
  const heard: unknown[][] = [];
  const stop = corvus.on('keys.changed', (...parameters) => heard.push(parameters));
  expect(typeof corvus.on('ipc-message' as never, () => heard.push(['foreign']))).toBe('function');
  fixture.core().emit('keys.changed', { ids: ['key_1'] });
  fixture.core().emit('providers.changed', { ids: ['openai'] });
  expect(heard).toEqual([[{ ids: ['key_1'] }]]);
  stop();
  fixture.core().emit('keys.changed', { ids: ['key_2'] });
  expect(heard).toHaveLength(1);
});

test('events with no window open go nowhere', async () => {
  const fixture = await runningShell({ parameters: ['--hidden'] });
  for (const name of eventNames.filter(
    (name) => !['settings.changed', 'balance.changed', 'envelopes.changed'].includes(name),
  ))
    fixture.core().emit(name, {} as never);
  expect(fixture.standIn.app.windows).toEqual([]);
});

test('a defect behind a call is a typed failure; its text stays in the log, without secrets', async () => {
  const fixture = await runningShell();
  const corvus = await loadPreload(fixture);
  expect(await corvus.call('keys.list', undefined)).toEqual({
    ok: false,
    error: { code: 'internal_error', message: 'Something failed inside Corvus.' },
  });
  await eventually(async () => expect(await fixture.log()).toContain('a defect with'));
  expect(await fixture.log()).not.toContain('sk-secret-0123456789');
});

const ownFrame = {
  detached: false,
  isDestroyed: () => false,
  parent: null,
  url: 'app://corvus/requests',
  origin: 'app://corvus',
};
test.each([
  ['a frame that has navigated away', null],
  ['a destroyed frame', { ...ownFrame, isDestroyed: () => true }],
  ['a detached frame', { ...ownFrame, detached: true }],
  ['a frame inside the page', { ...ownFrame, parent: ownFrame as unknown as Electron.WebFrameMain }],
  ['a web page', { ...ownFrame, url: 'https://corvusllm.com/' }],
  ['a page of a like-named host', { ...ownFrame, url: 'app://corvus.evil/' }],
  ['a page with another port', { ...ownFrame, url: 'app://corvus:8080/' }],
  ['a file', { ...ownFrame, url: 'file:///etc/passwd' }],
  ['an empty page', { ...ownFrame, url: 'about:blank' }],
  ['an address that is none', { ...ownFrame, url: '' }],
])('a call from %s is refused', async (_what, frame) => {
  const { standIn } = await runningShell();
  const invoke = (from: Parameters<typeof standIn.ipcMain.invokeFrom>[1]) =>
    standIn.ipcMain.invokeFrom(standIn.contents(), from, callChannel, 'settings.get', undefined);
  expect(await invoke(frame)).toMatchObject({ ok: false, error: { code: 'origin_not_allowed' } });
  expect(await invoke(ownFrame)).toMatchObject({ ok: true });
});

test('a call from contents that are no window of the app is refused', async () => {
  const { standIn } = await runningShell();
  const foreign = Object.assign(Object.create(standIn.contents()), { id: 999_999 });
  expect(await standIn.ipcMain.invokeFrom(foreign, ownFrame, callChannel, 'settings.get', undefined)).toMatchObject({
    error: { code: 'origin_not_allowed' },
  });
  const gone = standIn.contents();
  const [window] = standIn.app.windows;
  if (window) window.isGone = true;
  expect(await standIn.ipcMain.invokeFrom(gone, ownFrame, callChannel, 'settings.get', undefined)).toMatchObject({
    error: { code: 'origin_not_allowed' },
  });
});

const noNames: unknown[] = [
  undefined,
  null,
  7,
  {},
  [],
  ['settings.get'],
  { toString: 'settings.get' },
  '',
  '__proto__',
  'constructor',
  'toString',
  'keys.changed',
];
test.each(noNames.map((name): [unknown] => [name]))('a call named %j does not exist', async (name) => {
  const { standIn } = await runningShell();
  expect(await standIn.ipcMain.invokeFrom(standIn.contents(), ownFrame, callChannel, name, {})).toMatchObject({
    ok: false,
    error: { code: 'route_not_found' },
  });
});

const anyArgument = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
    maxDepth: 3,
  }),
  fc.record(
    { id: fc.anything(), limit: fc.anything(), amount: fc.string(), theme: fc.anything() },
    { requiredKeys: [] },
  ),
);

test('2,000 random arguments for each call: always a typed answer, nothing thrown', { timeout: 120_000 }, async () => {
  const { standIn } = await runningShell();
  const contents = standIn.contents();
  for (const name of callNames) {
    await fc.assert(
      fc.asyncProperty(fc.array(anyArgument, { minLength: 10, maxLength: 10 }), async (inputs) => {
        for (const input of inputs) {
          const reply = await standIn.ipcMain.invokeFrom(contents, ownFrame, callChannel, name, input);
          expect(reply).toSatisfy(isTypedReply);
        }
      }),
      { numRuns: 200, endOnFailure: true },
    );
  }
});

function isTypedReply(reply: unknown): boolean {
  if (typeof reply !== 'object' || reply === null || !('ok' in reply)) return false;
  if (reply.ok === true) return true;
  const error = 'error' in reply ? reply.error : null;
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'string' &&
    isErrorCode(error.code)
  );
}
