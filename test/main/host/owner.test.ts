import { once } from 'node:events';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { claimHome, findOwner, newOwnerSecret } from '../../../src/main/host/owner.ts';
import { runChild } from './run-child.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const child = new URL('owner-child.ts', import.meta.url);

test('of twenty starts at once one becomes the owner and the others find it', { timeout: 120_000 }, async () => {
  const home = await temporaryHome();
  const starts = Array.from({ length: 20 }, () => runChild(child, [home]));
  const outcomes = await Promise.all(starts.map(async (start) => JSON.parse(await start.firstLine)));
  const owners = outcomes.filter((outcome) => outcome.kind === 'owner');
  expect(owners).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome.kind === 'attached' && outcome.pid === owners[0].pid)).toHaveLength(19);
});

test('files left behind by kill -9 do not block the next start', { timeout: 60_000 }, async () => {
  const home = await temporaryHome();
  const first = runChild(child, [home]);
  expect(JSON.parse(await first.firstLine)).toMatchObject({ kind: 'owner' });
  first.process.kill('SIGKILL');
  await first.ended;
  expect(await readFile(join(home, 'owner.json'), 'utf8')).toContain('"secret"');
  expect(await findOwner(home)).toBeNull();
  const claim = await claimHome(home, 5_000);
  expect(claim.kind).toBe('owner');
  if (claim.kind === 'owner') await claim.ownership.release();
});

test('inside one process, too, the second claim is refused, and works after the release', async () => {
  const home = await temporaryHome();
  const first = await claimHome(home);
  if (first.kind !== 'owner') throw new Error('the folder was not free');
  await expect(claimHome(home, 0)).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining(home) });
  await first.ownership.release();
  await first.ownership.release();
  const second = await claimHome(home);
  expect(second.kind).toBe('owner');
  if (second.kind === 'owner') await second.ownership.release();
});

test('a program on the port of a dead owner gets no byte of the secret', async () => {
  const home = await temporaryHome();
  let received = '';
  const squatter = createServer((socket) => {
    socket.on('data', (chunk) => {
      received += chunk.toString();
      socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{"proof":"0000"}');
    });
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void squatter.close());
  await once(squatter, 'listening');
  const address = squatter.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const secret = newOwnerSecret();
  await writeFile(join(home, 'owner.json'), JSON.stringify({ pid: 1, port, secret, startedAtMs: 0 }), { mode: 0o600 });
  expect(await findOwner(home)).toBeNull();
  expect(received).toContain('GET /api/hello?nonce=');
  expect(received.toLowerCase()).not.toContain('authorization');
  expect(received).not.toContain(secret);
});

test('a planted lock or owner file that is a symlink is refused', async () => {
  const home = await temporaryHome();
  await writeFile(join(home, 'target'), 'untouched');
  await symlink(join(home, 'target'), join(home, 'owner.lock'));
  await expect(claimHome(home)).rejects.toMatchObject({ code: 'storage_unavailable' });
  expect(await readFile(join(home, 'target'), 'utf8')).toBe('untouched');
});

test('a damaged owner file counts as no owner', async () => {
  const home = await temporaryHome();
  await writeFile(join(home, 'owner.json'), '{"pid":', { mode: 0o600 });
  expect(await findOwner(home)).toBeNull();
});
