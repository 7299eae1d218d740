import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCheckout } from './checkout.ts';

const npm = `
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
appendFileSync('npm-calls.txt', process.argv.slice(2).join(' ') + '\\n');
mkdirSync('node_modules/electron-vite/bin', { recursive: true });
writeFileSync('node_modules/electron-vite/bin/electron-vite.js', \`
  import { appendFileSync, mkdirSync } from 'node:fs';
  mkdirSync('out', { recursive: true });
  appendFileSync('out/builds.txt', process.argv[2] + '\\\\n');
\`);
console.log('added packages');
`;

async function freshClone() {
  const checkout = await createCheckout();
  await checkout.write('package-lock.json', '{}');
  await checkout.write('src/main.ts', 'export {};');
  await checkout.write('resources/prices.json', '{}');
  await checkout.write('tools/npm-cli.js', npm);
  const environment = {
    npm_execpath: join(checkout.root, 'tools', 'npm-cli.js'),
    npm_config_user_agent: 'npm/11.0.0 node/v20.0.0',
  };
  return { ...checkout, bootstrap: (...steps: string[]) => checkout.run('bootstrap.mjs', steps, environment) };
}

test('a fresh clone is installed without install scripts, and built; the second time there is nothing to do or say', async () => {
  const clone = await freshClone();
  const first = await clone.bootstrap('install', 'build');
  expect(first).toMatchObject({ code: 0, stdout: '' });
  expect(first.stderr.split('\n')).toEqual([
    expect.stringMatching(/^Installing/),
    expect.stringMatching(/^Installed in \d+ s\.$/),
    'Building …',
    expect.stringMatching(/^Built in \d+ s\.$/),
    '',
  ]);
  expect(await clone.read('npm-calls.txt')).toMatch(/^ci --min-release-age=0 --ignore-scripts /);
  expect(await clone.bootstrap('install', 'build')).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(await clone.read('out/builds.txt')).toBe('build\n');
});

test('a changed lock file installs again; a changed, new or deleted source builds again', async () => {
  const clone = await freshClone();
  await clone.bootstrap('install', 'build');
  await clone.write('package-lock.json', '{ "changed": true }');
  await clone.bootstrap('install');
  expect((await clone.read('npm-calls.txt')).trim().split('\n')).toHaveLength(2);

  for (const change of [
    () => clone.write('src/main.ts', 'export const longer = 1;'),
    () => clone.write('src/new.ts', ''),
    () => rm(join(clone.root, 'src', 'new.ts')),
    () => clone.write('resources/prices.json', '{ "more": 1 }'),
  ]) {
    await rm(join(clone.root, 'out', 'builds.txt'), { force: true });
    await change();
    await clone.bootstrap('build');
    expect(await clone.read('out/builds.txt')).toBe('build\n');
  }
});

test.each([
  ['no network', 'npm error code ENOTFOUND', /error: npm could not reach its registry\. Check the network/],
  [
    'files in use',
    'npm error EPERM: unlink node.exe',
    /error: npm could not replace files in node_modules\. Stop what runs/,
  ],
  ['something else', 'npm error EUSAGE', /error: npm could not install the dependencies; what it said is above/],
])('a failed install (%s) shows what npm said, and a sentence', async (_why, said, sentence) => {
  const clone = await freshClone();
  await clone.write('tools/npm-cli.js', `console.error(${JSON.stringify(said)}); process.exit(1);`);
  const result = await clone.bootstrap('install', 'build');
  expect(result).toMatchObject({ code: 1, stderr: expect.stringMatching(sentence) });
  expect(result.stderr).toContain(said);
  await expect(access(join(clone.root, 'out'))).rejects.toThrow('ENOENT');
  expect((await clone.bootstrap('install')).code).toBe(1);
});

test('a failed build is shown and tried again', async () => {
  const clone = await freshClone();
  await clone.bootstrap('install');
  await clone.write(
    'node_modules/electron-vite/bin/electron-vite.js',
    "console.error('src/main.ts: broken'); process.exit(1);",
  );
  const result = await clone.bootstrap('build');
  expect(result).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/src\/main\.ts: broken\nerror: The build failed; what it said is above\.\n$/),
  });
  expect((await clone.bootstrap('build')).code).toBe(1);
});

test('an unknown step is refused', async () => {
  const clone = await freshClone();
  expect(await clone.bootstrap('bild')).toMatchObject({
    code: 1,
    stderr:
      'error: There is no step "bild"; the steps are install, build, browser, postgres, cli-agents, clients, peers.\n',
  });
});
