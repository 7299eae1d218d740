import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

/** The example of docs/billing.md, run as a reader would. */
function runExample({ baseUrl, customerKey }: TestBackend): Promise<{ stdout: string }> {
  const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'billing.md'), 'utf8');
  const example = /```js\n(.*?)```/s.exec(page)?.[1] ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'corvus-proof-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'proof.mjs');
  writeFileSync(path, example);
  return promisify(execFile)(process.execPath, [path], { env: { CORVUSLLM_URL: baseUrl, CORVUSLLM_KEY: customerKey } });
}

test('the documented example proves a statement, and finds a receipt that was changed', async () => {
  await using backend = await startTestBackend();
  for (const text of ['one', 'two']) await (await backend.call('/v1/chat/completions', { body: chat(text) })).text();
  expect((await runExample(backend)).stdout).toMatch(/^3 lines fit; the last hash is [0-9a-f]{64}\n$/);
  await backend.database.run('update requests set held = held + 1');
  await expect(runExample(backend)).rejects.toMatchObject({
    stderr: expect.stringContaining('the receipt of line 2 does not fit'),
  });
});
