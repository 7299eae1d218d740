import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { loadedBy } from '../architecture/import-rules.ts';
import { readSource, type Source } from '../architecture/read-source.ts';

// `npm test` and `npm run test:unit` build first. These tests read what came out.
const root = join(import.meta.dirname, '..', '..');
const out = join(root, 'out');

let built: Source[] = [];

beforeAll(() => {
  if (!existsSync(join(out, 'main', 'cli.js'))) throw new Error('There is no build to test: run `npm run build`.');
  const files = readdirSync(join(out, 'main'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.js'),
  );
  built = files.map((name) =>
    readSource(`out/main/${name.replaceAll('\\', '/')}`, readFileSync(join(out, 'main', name), 'utf8')),
  );
});

test.each(['cli', 'backend', 'sandbox-worker', 'store-worker'])(
  '%s.js runs in plain Node: nothing it loads imports electron',
  (entry) => {
    const { files, packages } = loadedBy(`out/main/${entry}.js`, built);
    expect([...files].filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(packages).not.toContain('electron');
  },
);

test('index.js is the only file that imports electron', () => {
  const withElectron = built.filter(({ imports }) => imports.some(({ specifier }) => specifier === 'electron'));
  expect(withElectron.map(({ path }) => path)).toEqual(['out/main/index.js']);
});

test('what the build leaves outside is a production dependency', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const packages = new Set(built.flatMap(({ path }) => [...loadedBy(path, built).packages]));
  const known = new Set([...Object.keys(dependencies), 'electron']);
  expect([...packages].filter((name) => !name.startsWith('node:') && !known.has(name))).toEqual([]);
  expect(packages).toContain('better-sqlite3');
});

test('the preload script is one CommonJS file that requires nothing but electron', () => {
  expect(readdirSync(join(out, 'preload'))).toEqual(['index.cjs']);
  const text = readFileSync(join(out, 'preload', 'index.cjs'), 'utf8');
  expect([...text.matchAll(/require\(["'`]([^"'`]+)/g)].map((match) => match[1])).toEqual(['electron']);
  expect(text).not.toMatch(/^(import|export)\b/m);
});

test('the pages are built and minified', () => {
  const html = readFileSync(join(out, 'renderer', 'index.html'), 'utf8');
  const scripts = readdirSync(join(out, 'renderer', 'assets')).filter((name) => name.endsWith('.js'));
  const [entry] = scripts.filter((name) => html.includes(`src="./assets/${name}"`));
  expect(entry).toBeDefined();
  const lines = readFileSync(join(out, 'renderer', 'assets', entry ?? ''), 'utf8').split('\n');
  expect(lines.length).toBeLessThan(500);
});
