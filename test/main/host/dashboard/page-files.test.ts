import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { servePageFile } from '../../../../src/main/host/dashboard/page-files.ts';
import { temporaryHome } from '../../../support/temporary-home.ts';

test('an asset is sent as small as the browser can read it', async () => {
  const folder = await temporaryHome();
  await mkdir(join(folder, 'assets'));
  const name = join('assets', 'index-B4x9_kQz.js');
  await writeFile(join(folder, name), 'plain');
  await writeFile(join(folder, `${name}.br`), 'smallest');
  await writeFile(join(folder, `${name}.gz`), 'smaller');
  for (const [accepted, encoding, text] of [
    ['gzip, deflate, br', 'br', 'smallest'],
    ['gzip;q=0.5, br;q=0', 'gzip', 'smaller'],
    ['deflate', null, 'plain'],
    [null, null, 'plain'],
  ] as const) {
    const reply = await servePageFile(folder, '/assets/index-B4x9_kQz.js', accepted);
    expect(await reply.text()).toBe(text);
    expect(reply.headers.get('content-encoding')).toBe(encoding);
    expect(reply.headers.get('content-type')).toMatch(/javascript/);
    expect(reply.headers.get('vary')).toBe('accept-encoding');
  }
});
