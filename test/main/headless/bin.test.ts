import { execFile } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryHome } from '../../support/temporary-home.ts';

const launchers = fileURLToPath(new URL('../../../bin', import.meta.url));
const runFile = promisify(execFile);

async function installedLauncher() {
  const root = await temporaryHome();
  await mkdir(join(root, 'bin'));
  await cp(launchers, join(root, 'bin'), { recursive: true });
  return {
    root,
    run: (...parameters: string[]) => runFile(process.execPath, [join(root, 'bin', 'corvusllm.mjs'), ...parameters]),
  };
}

test('without a build it prints the command to run', async () => {
  const { run } = await installedLauncher();
  await expect(run('status')).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^error: .*`npm start`.*\n$/),
  });
});

test('it runs the built command with the parameters and passes on its exit code', async () => {
  const { root, run } = await installedLauncher();
  await mkdir(join(root, 'out', 'main'), { recursive: true });
  await writeFile(join(root, 'package.json'), '{"type":"module"}');
  await writeFile(
    join(root, 'out', 'main', 'cli.js'),
    'console.log(JSON.stringify(process.argv.slice(2))); process.exit(3);',
  );
  await expect(run('keys', 'add', 'my tool')).rejects.toMatchObject({ code: 3, stdout: '["keys","add","my tool"]\n' });
});
