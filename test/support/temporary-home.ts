import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { testFolder } from './test-folder.ts';

/** A folder of its own for one test; gone when the test is. */
export async function temporaryHome(): Promise<string> {
  const home = await mkdtemp(join(testFolder, 'corvusllm-test-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  return home;
}
