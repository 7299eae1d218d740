import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { linksAmong, parseDeepLink } from '../../../src/main/electron/deep-link.ts';
import { createFixture, runningShell, startFixture } from './shell-fixture.ts';

test('links only show a page', () => {
  expect(parseDeepLink('corvusllm://open')).toEqual({ page: null });
  expect(parseDeepLink('corvusllm://topup/')).toEqual({ page: '/billing' });
});

test.each([
  'corvusllm://set-base-url?url=https://evil.example',
  'corvusllm://import-key?key=sk-corvus-evil',
  'corvusllm://login?code=1',
  'corvusllm://topup?amount=500',
  'corvusllm://topup#https://evil.example',
  'corvusllm://topup/../settings',
  'corvusllm://open@evil.example',
  'corvusllm://open:80/',
  'corvusllm://open\n--inspect',
  'corvusllm://constructor',
  'corvusllm://__proto__',
  'corvusllm:open',
  'corvusllm:///open',
  'CORVUSLLM://open',
  'corvus://open',
  '',
])('%j does nothing', (link) => {
  expect(parseDeepLink(link)).toBeNull();
});

test('random links: no crash, and nothing but the two', () => {
  const piece = fc.constantFrom(
    'corvusllm://',
    'open',
    'topup',
    '/',
    '?',
    '#',
    '@',
    ':',
    '%00',
    '..',
    'key=sk-1',
    '\u202e',
    '--inspect',
  );
  const link = fc.oneof(
    fc.string(),
    fc.webUrl(),
    fc.string({ unit: 'binary' }).map((text) => `corvusllm://${text}`),
    fc.array(piece).map((pieces) => pieces.join('')),
  );
  fc.assert(
    fc.property(link, (text) => {
      const isKnown = /^corvusllm:\/\/(?:open|topup)\/?$/.test(text) && !text.endsWith('\n');
      expect(parseDeepLink(text) !== null).toBe(isKnown);
    }),
    { numRuns: 100_000 },
  );
});

test('of the arguments only links are looked at', () => {
  expect(linksAmong(['--inspect=9229', '--', 'corvusllm://open', '--load=corvusllm://topup', 'file:///x'])).toEqual([
    'corvusllm://open',
  ]);
});

test('a link at start, in a second start, and as a macOS event leads to its page', async () => {
  const first = await runningShell({ parameters: ['corvusllm://topup'] });
  expect(first.standIn.app.windows[0]?.loaded.at(-1)).toBe('app://corvus/billing');

  const second = await runningShell();
  second.standIn.app.emit('second-instance', {}, ['/opt/Corvus/corvus', '--', 'corvusllm://topup'], '/');
  expect(second.standIn.app.windows[0]?.loaded.at(-1)).toBe('app://corvus/billing');

  const mac = await createFixture({ platform: 'darwin' });
  const starting = startFixture(mac);
  const event = { isPrevented: false, preventDefault: () => void (event.isPrevented = true) };
  mac.standIn.app.emit('open-url', event, 'corvusllm://topup');
  await starting;
  expect(event.isPrevented).toBe(true);
  expect(mac.standIn.app.windows[0]?.loaded.at(-1)).toBe('app://corvus/billing');
});

test('a link that would change something applies nothing and is logged', async () => {
  const fixture = await runningShell();
  const before = { ...fixture.core().settings };
  fixture.standIn.app.emit('second-instance', {}, ['corvus', 'corvusllm://import-key?key=sk-corvus-evil0123'], '/');
  await eventually(async () => expect(await fixture.log()).toContain('link.ignored'));
  expect(await fixture.log()).not.toContain('sk-corvus-evil0123');
  expect(fixture.core().settings).toEqual(before);
  expect(fixture.standIn.app.windows[0]?.loaded).toEqual(['app://corvus/']);
});

test('a link that brings something is handed to the core, which holds it, and the window comes up', async () => {
  const fixture = await runningShell();
  const opened: string[] = [];
  fixture.core().handlers['links.open'] = async ({ link }) => {
    opened.push(link);
    return { id: '1', kind: 'tool', title: 'Connect Codex', facts: [], warnings: [], toolId: null };
  };
  const link = 'corvusllm://tool?id=codex';
  fixture.standIn.app.emit('second-instance', {}, ['/opt/Corvus/corvus', '--', link], '/');
  await eventually(() => expect(opened).toEqual([link]));
  expect(fixture.standIn.app.windows[0]?.loaded).toEqual(['app://corvus/']);
});
