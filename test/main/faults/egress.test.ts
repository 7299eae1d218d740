import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { temporaryHome } from '../../support/temporary-home.ts';
import { chat, startApp } from './run-app.ts';

const calls = 1_000;
const callers = 20;
const recorder = fileURLToPath(new URL('./record-egress.ts', import.meta.url));
const noteSchema = z.tuple([z.string(), z.unknown()]);

test('a first start and a thousand calls ask for no name and open loopback only (C45)', async () => {
  const home = await temporaryHome();
  const file = join(await temporaryHome(), 'egress.txt');
  const options = `NODE_OPTIONS=--import=${recorder}`;
  const app = await startApp({ home, within: ['env', options, `EGRESS_FILE=${file}`] });
  const key = await app.newKey();
  let next = 0;
  const call = async () => {
    for (; next < calls;) {
      next += 1;
      const reply = await chat(app.gateway, key, `call ${next}`, { stream: next % 2 === 0 });
      expect(reply.status).toBe(200);
      await reply.text();
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  await app.call('models.list', undefined);
  await app.call('balance.get', { refresh: true });
  expect(await app.stop()).toBe(0);
  const notes = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => noteSchema.parse(JSON.parse(line)));
  const of = (kind: string) => [...new Set(notes.filter(([known]) => known === kind).map(([, what]) => what))];
  expect(of('watching')).toHaveLength(1);
  expect(of('connect').length).toBeGreaterThan(0);
  expect(of('connect').filter((host) => host !== '127.0.0.1' && host !== '::1')).toEqual([]);
  expect(of('name').filter((host) => host !== '127.0.0.1' && host !== '::1')).toEqual([]);
  expect(of('datagrams')).toEqual([]);
}, 180_000);
