import { expect, test, vi } from 'vitest';
import { externalOpener, type OpenerHost, openableUrl } from '../../../src/main/host/open-external.ts';

function host(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv) {
  return { platform, environment, print: vi.fn<OpenerHost['print']>(), launch: vi.fn<OpenerHost['launch']>() };
}

test.each([
  'http://example.com/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  '-rf',
  'https://user:pass@example.com/',
  'http://127.0.0.1.evil.example/',
  '',
])('%s is not opened', async (url) => {
  const desktop = host('linux', { DISPLAY: ':0' });
  await expect(externalOpener(desktop).open(url)).rejects.toMatchObject({ code: 'bad_request' });
  expect(desktop.print).not.toHaveBeenCalled();
  expect(desktop.launch).not.toHaveBeenCalled();
});

test.each([
  'https://checkout.example.com/pay?x=1',
  'http://127.0.0.1:5000/pay',
  'http://[::1]:5000/',
  'http://localhost:5000/',
])('%s is', (url) => {
  expect(openableUrl(url)).toBe(url);
});

test('without a display the address is only printed; with one it is opened too', async () => {
  const terminal = host('linux', {});
  await externalOpener(terminal).open('https://pay.example/');
  expect(terminal.print).toHaveBeenCalledWith('https://pay.example/');
  expect(terminal.launch).not.toHaveBeenCalled();
  const desktop = host('linux', { WAYLAND_DISPLAY: 'wayland-0' });
  await externalOpener(desktop).open('https://pay.example/');
  expect(desktop.launch).toHaveBeenCalledWith('xdg-open', ['https://pay.example/']);
});
