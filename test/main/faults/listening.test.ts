import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { temporaryHome } from '../../support/temporary-home.ts';
import { startApp } from './run-app.ts';

const listening = '0A';
const addresses: Readonly<Record<string, string>> = {
  '0100007F': '127.0.0.1',
  '00000000000000000000000001000000': '[::1]',
};

/** What a process really listens on, as the kernel has it. */
function listeners(pid: number): string[] {
  const own = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .flatMap((line) => {
        const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
        const [address = '', port = ''] = local.split(':');
        return state === listening && own.has(inode)
          ? `${addresses[address] ?? address}:${Number.parseInt(port, 16)}`
          : [];
      }),
  );
}

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2_000 }, () => resolve(true));
    socket.on('error', () => resolve(false)).on('timeout', () => resolve(false));
    socket.on('close', () => socket.destroy());
  });
}

test.skipIf(process.platform !== 'linux')(
  'it listens on loopback and nowhere else, and another address of the machine leads nowhere (A10)',
  async () => {
    const app = await startApp({ home: await temporaryHome() });
    const port = Number(new URL(app.gateway).port);
    const found = listeners(app.pid);
    expect(found).toContain(`127.0.0.1:${port}`);
    for (const address of found) expect(address).toMatch(/^(127\.0\.0\.1|\[::1\]):\d+$/);
    const others = Object.values(networkInterfaces())
      .flatMap((known) => known ?? [])
      .filter(({ internal }) => !internal)
      .map(({ address, scopeid }) => (scopeid ? `${address}%${scopeid}` : address));
    for (const host of ['127.0.0.2', ...others]) expect([host, await canConnect(host, port)]).toEqual([host, false]);
    expect(await canConnect('127.0.0.1', port)).toBe(true);
    await app.stop();
  },
);
