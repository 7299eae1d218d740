import { spawn } from 'node:child_process';
import type { OpenExternal } from '#core/ports.ts';
import { CorvusError } from '#shared/errors.ts';

const loopbackHosts = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** The address if it may be opened: https, or http on this machine. Anything else is refused. */
export function openableUrl(text: string): string {
  const url = URL.parse(text);
  const isOpenable = url?.protocol === 'https:' || (url?.protocol === 'http:' && loopbackHosts.has(url.hostname));
  if (!url || !isOpenable || url.username || url.password)
    throw new CorvusError('bad_request', 'Only https pages can be opened in the browser.');
  return url.href;
}

export interface OpenerHost {
  environment: NodeJS.ProcessEnv;
  platform: NodeJS.Platform;
  /** Shows the address where the person will look. */
  print(url: string): void;
  launch(command: string, parameters: readonly string[]): void;
}

/** Shows a page's address, and also opens it where there is a desktop. */
export function externalOpener(host: OpenerHost): OpenExternal {
  return {
    async open(text) {
      const url = openableUrl(text);
      host.print(url);
      const opener = desktopOpener(host, url);
      if (opener) host.launch(opener.command, opener.parameters);
    },
  };
}

function desktopOpener(
  { platform, environment }: OpenerHost,
  url: string,
): { command: string; parameters: string[] } | null {
  if (platform === 'darwin') return { command: 'open', parameters: [url] };
  if (platform === 'win32') return { command: 'rundll32', parameters: ['url.dll,FileProtocolHandler', url] };
  return environment['DISPLAY'] || environment['WAYLAND_DISPLAY'] ? { command: 'xdg-open', parameters: [url] } : null;
}

/** Starts a program without a shell and without waiting. A missing program is no failure: the address was printed. */
export function launchDetached(command: string, parameters: readonly string[]): void {
  const child = spawn(command, parameters, { detached: true, stdio: 'ignore' });
  child.on('error', () => undefined);
  child.unref();
}
