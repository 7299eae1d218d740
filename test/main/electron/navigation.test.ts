import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { allowedLink } from '../../../src/main/electron/external-links.ts';
import { runningShell } from './shell-fixture.ts';

const elsewhere = [
  'https://corvusllm.com/',
  'https://evil.example/',
  'file:///etc/passwd',
  'data:text/html,hi',
  'blob:app://corvus/1',
  'javascript:alert(1)',
  'app://corvus/requests',
  'app://evil/',
];

test.each(elsewhere)('the page cannot navigate, redirect or frame %s', async (url) => {
  const { standIn } = await runningShell();
  const contents = standIn.contents();
  for (const event of ['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview'] as const) {
    expect(contents.tries(event, url)).toBe(false);
  }
  expect(contents.opensWindow(url)).toBe(false);
  expect(standIn.app.windows).toHaveLength(1);
});

test('contents that are made later are guarded too', async () => {
  const { standIn } = await runningShell({ parameters: ['--hidden'] });
  standIn.trays[0]?.choose('Top up…');
  expect(standIn.contents().tries('will-navigate', 'https://evil.example/')).toBe(false);
});

const trusted = {
  origins: ['http://127.0.0.1:41234', 'https://gateway.example:8443/v1'],
  links: ['https://checkout.stripe.com/c/pay/cs_1'],
};

test.each([
  'https://corvusllm.com/docs/getting-started/before-you-buy',
  'https://base.corvusllm.com/dashboard',
  'http://127.0.0.1:41234/checkout/ord_1',
  'https://gateway.example:8443/topup',
  'https://checkout.stripe.com/c/pay/cs_1',
])('%s may be opened', (link) => {
  expect(allowedLink(link, trusted)).toBe(link);
});

test.each([
  ['a script', 'javascript:alert(1)'],
  ['a file', 'file:///etc/passwd'],
  ['a share', 'smb://server/share'],
  ['a system page', 'ms-settings:privacy'],
  ['a mail', 'mailto:a@corvusllm.com'],
  ['our own scheme', 'corvusllm://open'],
  ['the app itself', 'app://corvus/'],
  ['a blob', 'blob:https://corvusllm.com/1'],
  ['plain http', 'http://corvusllm.com/'],
  ['another host', 'https://evil.example/'],
  ['a name before the host', 'https://corvusllm.com@evil.example/'],
  ['a name before our host', 'https://corvus@corvusllm.com/'],
  ['a host that begins alike', 'https://corvusllm.com.evil.example/'],
  ['a host that ends alike', 'https://evilcorvusllm.com/'],
  ['a subdomain', 'https://evil.corvusllm.com/'],
  ['a trailing dot', 'https://corvusllm.com./'],
  ['a twin in other letters', 'https://сorvusllm.com/'],
  ['another port', 'https://corvusllm.com:8443/'],
  ['a backslash', 'https://corvusllm.com\\@evil.example/'],
  ['a line break', 'https://corvusllm.com/\nfile:///etc/passwd'],
  ['a tab in the scheme', 'java\tscript:alert(1)'],
  ['a leading space', ' https://corvusllm.com/'],
  ['a NUL', 'https://corvusllm.com/\u0000'],
  ['another port of this machine', 'http://127.0.0.1:41235/'],
  ['this machine by another name', 'http://2130706433.evil.example:41234/'],
  ['another page of the payment provider', 'https://checkout.stripe.com/c/pay/cs_2'],
  ['a very long one', `https://corvusllm.com/${'a'.repeat(3000)}`],
  ['nothing', ''],
])('%s may not be opened', (_what, link) => {
  expect(allowedLink(link, trusted)).toBeNull();
});

test('what an account names is trusted only as a web address', () => {
  expect(allowedLink('file:///etc/passwd', { origins: ['file:///etc'], links: ['file:///etc/passwd'] })).toBeNull();
  expect(allowedLink('http://192.168.0.9/', { origins: ['http://192.168.0.9'], links: [] })).toBeNull();
  expect(allowedLink('app://corvus/', { origins: ['app://corvus'], links: [] })).toBeNull();
});

test('a link of the page opens in the browser when it is known, else it is refused and logged', async () => {
  const fixture = await runningShell();
  fixture.core().checkoutUrl = 'https://pay.example/session/1';
  fixture.core().accountBaseUrl = 'https://gateway.example';
  const contents = fixture.standIn.contents();
  contents.opensWindow('https://pay.example/session/1');
  contents.opensWindow('https://gateway.example/help');
  contents.opensWindow('https://evil.example/');
  await eventually(() =>
    expect(fixture.standIn.opened).toEqual(['https://pay.example/session/1', 'https://gateway.example/help']),
  );
  await eventually(async () => expect(await fixture.log()).toContain('link.refused'));
});

test('the core opens checkouts through the same list', async () => {
  const fixture = await runningShell();
  const { openExternal } = fixture.core().ports;
  await expect(openExternal.open('https://evil.example/')).rejects.toMatchObject({ code: 'bad_request' });
  fixture.core().checkoutUrl = 'https://pay.example/session/1';
  await openExternal.open('https://pay.example/session/1');
  expect(fixture.standIn.opened).toEqual(['https://pay.example/session/1']);
});

test("the sandbox's checkout is known by where the sandbox runs", async () => {
  const { createFixture, startFixture } = await import('./shell-fixture.ts');
  const fixture = await createFixture();
  const stop = async () => {};
  const sandbox = {
    start: async () => ({ baseUrl: 'http://127.0.0.1:40999', customerKey: 'sk-corvus-test', movedTo: null, stop }),
  };
  await startFixture({ ...fixture, host: { ...fixture.host, sandbox } });
  const { ports } = fixture.core();
  await expect(ports.openExternal.open('http://127.0.0.1:40999/checkout/1')).rejects.toMatchObject({
    code: 'bad_request',
  });
  await ports.sandbox.start({ databasePath: 'unused' });
  await ports.openExternal.open('http://127.0.0.1:40999/checkout/1');
  expect(fixture.standIn.opened).toEqual(['http://127.0.0.1:40999/checkout/1']);
});

const permissions = [
  'clipboard-read',
  'media',
  'geolocation',
  'notifications',
  'hid',
  'serial',
  'usb',
  'midi',
  'pointerLock',
  'fullscreen',
  'openExternal',
  'fileSystem',
  'display-capture',
  'unknown',
] as const;

test('every permission and device is refused; only our page may write text to the clipboard', async () => {
  const { standIn } = await runningShell();
  const { session } = standIn;
  const asks = (permission: (typeof permissions)[number] | 'clipboard-sanitized-write', requestingUrl: string) => {
    let answer: boolean | null = null;
    session.requestHandler?.(
      standIn.contents() as unknown as Electron.WebContents,
      permission,
      (isGranted) => void (answer = isGranted),
      {
        isMainFrame: true,
        requestingUrl,
      },
    );
    return answer;
  };
  const checks = (permission: (typeof permissions)[number] | 'clipboard-sanitized-write', origin: string) =>
    session.checkHandler?.(null, permission, origin, { isMainFrame: true, requestingUrl: origin });
  for (const permission of permissions) {
    expect(asks(permission, 'app://corvus/')).toBe(false);
    expect(checks(permission, 'app://corvus')).toBe(false);
  }
  expect(asks('clipboard-sanitized-write', 'app://corvus/keys')).toBe(true);
  expect(checks('clipboard-sanitized-write', 'app://corvus/')).toBe(true);
  expect(asks('clipboard-sanitized-write', 'https://evil.example/')).toBe(false);
  expect(checks('clipboard-sanitized-write', 'https://evil.example/')).toBe(false);
  expect(session.deviceHandler?.({ deviceType: 'hid', origin: 'app://corvus' } as never)).toBe(false);
  let streams: unknown = 'not answered';
  session.displayHandler?.({} as never, (given) => void (streams = given));
  expect(streams).toBeNull();
  const download = (from: string) => {
    const event = { isPrevented: false, preventDefault: () => void (event.isPrevented = true) };
    session.emit('will-download', event, { getURL: () => from });
    return event.isPrevented;
  };
  expect(
    ['https://example.com/a.exe', 'blob:https://example.com/1', 'app://corvus/index.html', 'blob:app://corvus/1'].map(
      download,
    ),
  ).toEqual([true, true, true, false]);
});
