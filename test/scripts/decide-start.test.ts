import { expect, test } from 'vitest';
import { decideStart } from '../../scripts/decide-start.mjs';

const desktop = {
  parameters: [],
  environment: { DISPLAY: ':0' },
  platform: 'linux',
  hasElectron: true,
  lastTryMs: null,
  nowMs: 10_000_000,
};

test.each([
  ['a desktop', desktop],
  ['Wayland', { ...desktop, environment: { WAYLAND_DISPLAY: 'wayland-0' } }],
  ['macOS, which has no DISPLAY', { ...desktop, platform: 'darwin', environment: {} }],
  ['a link is no option', { ...desktop, parameters: ['corvusllm://topup'] }],
])('opens the window: %s', (_why, facts) => {
  expect(decideStart(facts)).toEqual({ kind: 'window' });
});

test.each([
  ['the flag', { ...desktop, parameters: ['--headless'] }, '--headless was given'],
  [
    'the variable',
    { ...desktop, environment: { DISPLAY: ':0', CORVUSLLM_HEADLESS: '1' } },
    'CORVUSLLM_HEADLESS is set',
  ],
  ['an option of serve', { ...desktop, parameters: ['--port', '0'] }, '--port is an option of the command line'],
  ['no display', { ...desktop, environment: {} }, 'there is no display'],
  ['no display, before any download', { ...desktop, environment: {}, hasElectron: false }, 'there is no display'],
  [
    'a download that failed just now',
    { ...desktop, hasElectron: false, lastTryMs: 9_000_000 },
    expect.stringContaining('npx install-electron'),
  ],
])('runs headless: %s', (_why, facts, reason) => {
  expect(decideStart(facts)).toEqual({ kind: 'headless', reason });
});

test('fetches Electron where only it is missing, and again an hour after a failure', () => {
  expect(decideStart({ ...desktop, hasElectron: false })).toEqual({ kind: 'fetch' });
  expect(decideStart({ ...desktop, hasElectron: false, lastTryMs: desktop.nowMs - 3_600_000 })).toEqual({
    kind: 'fetch',
  });
});
