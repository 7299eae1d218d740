import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bags, largestBag } from './architecture/bag-rules.ts';
import { forbiddenImports, importCycles, loadedBy } from './architecture/import-rules.ts';
import { readSource } from './architecture/read-source.ts';
import { retiredIn } from './architecture/retired-words.ts';
import { emptyRooms, upwardImports } from './architecture/room-order.ts';
import { largest, oversized } from './architecture/size-rules.ts';

const root = join(import.meta.dirname, '..');
const sources = read('src/**/*.{ts,tsx}');
const everything = [...sources, ...read('test/**/*.{ts,tsx}'), ...read('scripts/*.mjs'), ...read('bin/*.mjs')];

function read(pattern: string) {
  return pathsOf(pattern).map((path) => readSource(path, textOf(path)));
}

function pathsOf(pattern: string): string[] {
  return globSync(pattern, { cwd: root, exclude: ['**/node_modules/**'] })
    .map((path) => path.replaceAll('\\', '/'))
    .sort();
}

function textOf(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Uses of a retired word that are not ours to choose: names of OpenAI's paths and events, and of a system's user. */
const foreignUses = new Map([
  ['src/proxy/request/endpoints.ts', 'speech'],
  ['test/shared/dialects/output-measured.test.ts', 'speech'],
  ['test/core/gateway/passthrough.test.ts', 'speech'],
  ['test/backend/inference/prepaid-features.test.ts', 'speech'],
  ['test/support/postgres/server.ts', 'nobody'],
]);
/** Says the retired words by name, and plants one. */
const namesRetiredWords = ['test/architecture/retired-words.ts', 'test/architecture.test.ts'];

describe('the repository', () => {
  test('is read at all', () => {
    expect(sources.length).toBeGreaterThan(200);
    expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(500);
  });

  test('imports only what the matrix allows', () => {
    expect(sources.flatMap(forbiddenImports)).toEqual([]);
  });

  test('imports run down only, types included', () => {
    expect(sources.flatMap(upwardImports)).toEqual([]);
  });

  test('has a file in every room of the order', () => {
    expect(emptyRooms(sources)).toEqual([]);
  });

  test('has no import cycles, types included', () => {
    expect(importCycles(sources)).toEqual([]);
  });

  test('loads nothing but Electron in the preload script', () => {
    expect([...loadedBy('src/preload/index.ts', sources).packages]).toEqual(['electron']);
  });

  test('loads with a page, a command and a start no library that they need later or never', () => {
    const first = (entry: string) =>
      [...loadedBy(entry, sources, 'first').packages].filter((name) => !name.startsWith('node:')).sort();
    expect(first('src/renderer/main.tsx').filter((name) => name === 'zod' || name.startsWith('@base-ui'))).toEqual([]);
    expect(first('src/main/headless/cli.ts')).toEqual([]);
    expect(first('src/main/headless/serve.ts')).toEqual(['commander', 'pino', 'zod']);
    expect(first('src/main/core/assemble-core.ts')).toEqual(['better-sqlite3', 'undici', 'zod']);
  });

  test('keeps Electron out of what runs in plain Node', () => {
    const entries = [
      'src/main/headless/cli.ts',
      'src/backend/main.ts',
      'src/main/sandbox-worker.ts',
      'src/main/core/store/threads/store-worker.ts',
      'src/main/core/estimates/count-worker.ts',
      'src/main/core/usage/sheet-worker.ts',
    ];
    const withElectron = entries.filter((entry) => loadedBy(entry, sources).packages.has('electron'));
    expect(withElectron).toEqual([]);
  });

  test('has no bags', () => {
    expect(pathsOf('src/backend/**/*.ts').flatMap((path) => bags(path, textOf(path)))).toEqual([]);
  });

  test('has no retired words', () => {
    const found = ['src/**/*.{ts,tsx}', 'test/**/*.{ts,tsx}', 'docs/**/*.md', '*.md']
      .flatMap(pathsOf)
      .filter((path) => !namesRetiredWords.includes(path))
      .flatMap((path) =>
        retiredIn(textOf(path))
          .filter(({ word }) => foreignUses.get(path) !== word)
          .map(({ line, word, use }) => `${path}:${line} ${word}: say ${use}`),
      );
    expect(found).toEqual([]);
  });

  test('has no file or function above the stop', () => {
    expect(everything.flatMap(oversized)).toEqual([]);
  });

  test('has no any, no non-null !, no enum, no silenced compiler, no default export, no getter in what is made per call', () => {
    expect(everything.flatMap(({ path, faults }) => faults.map((fault) => `${path}: ${fault}`))).toEqual([]);
  });
});

describe('planted faults are caught', () => {
  const importFaults: [why: string, path: string, text: string][] = [
    ['shared takes from Node', 'src/shared/money.ts', "import { join } from 'node:path';"],
    ['shared takes a package', 'src/shared/money.ts', "import Decimal from 'decimal.js';"],
    [
      'shared takes from the proxy, types included',
      'src/shared/money.ts',
      "import type { Call } from '#proxy/call.ts';",
    ],
    ['undici outside the network', 'src/proxy/upstream/outbound.ts', "import { request } from 'undici';"],
    [
      'the proxy takes from the core',
      'src/proxy/relay/relay-stream.ts',
      "import { openStore } from '#core/store/open-store.ts';",
    ],
    [
      'the proxy takes from the backend by a relative path',
      'src/proxy/relay/relay-stream.ts',
      "import '../../backend/config.ts';",
    ],
    ['routing does I/O', 'src/main/core/routing/choose-route.ts', "import { readFileSync } from 'node:fs';"],
    [
      'routing asks the store',
      'src/main/core/routing/choose-route.ts',
      "import { openStore } from '../store/open-store.ts';",
    ],
    ['SQLite outside the store', 'src/main/core/keys/keys-service.ts', "import Database from 'better-sqlite3';"],
    [
      'the store knows a feature',
      'src/main/core/store/store.ts',
      "export { keysService } from '../keys/keys-service.ts';",
    ],
    ['the core takes from its host', 'src/main/core/create-core.ts', "import { openHome } from '../host/home.ts';"],
    [
      'the core takes Electron, at run time',
      'src/main/core/create-core.ts',
      "const electron = await import('electron');",
    ],
    ['the command line takes Electron', 'src/main/headless/serve.ts', "import { app } from 'electron';"],
    ['the shell takes Electron outside its entry', 'src/main/electron/tray.ts', "import { Tray } from 'electron';"],
    [
      'a host reaches past the core’s root',
      'src/main/headless/serve.ts',
      "import { openStore } from '#core/store/open-store.ts';",
    ],
    [
      'the sandbox reaches past the backend’s public file',
      'src/main/sandbox.ts',
      "import { x } from '#backend/store/hold-store.ts';",
    ],
    ['the preload takes schemas', 'src/preload/index.ts', "import { contract } from '#shared/contract/contract.ts';"],
    ['a page takes from Node', 'src/renderer/lib/api.ts', "import { join } from 'node:path';"],
    ['a page takes from the core', 'src/renderer/lib/api.ts', "import type { Core } from '#core/core.ts';"],
    [
      'a feature takes from another',
      'src/renderer/features/keys/keys-page.tsx',
      "import { y } from '../billing/billing-store.ts';",
    ],
    [
      'a part takes from a feature',
      'src/renderer/components/card.tsx',
      "import { y } from '../features/keys/keys-page.tsx';",
    ],
    ['the ledger takes SQL', 'src/backend/ledger/decide-hold.ts', "import { sql } from 'kysely';"],
    [
      'the ledger takes from a store',
      'src/backend/ledger/decide-hold.ts',
      "import type { Hold } from '../store/hold-store.ts';",
    ],
    ['PDF outside the documents', 'src/backend/billing/receipt.ts', "import PDFDocument from 'pdfkit';"],
    ['Stripe outside its folder', 'src/backend/billing/payments.ts', "import Stripe from 'stripe';"],
    [
      'telemetry takes from a feature',
      'src/backend/telemetry/open-meter.ts',
      "import { x } from '../billing/payments.ts';",
    ],
    ['the backend takes from the app', 'src/backend/create-backend.ts', "import type { Core } from '#core/core.ts';"],
    ['a source takes from the tests', 'src/shared/money.ts', "import { x } from '../../test/fakes/random-cuts.ts';"],
    ['a file in no room', 'src/helpers/util.ts', ''],
  ];

  test.each(importFaults)('%s', (_why, path, text) => {
    expect(forbiddenImports(readSource(path, text))).toHaveLength(1);
  });

  test('what the matrix allows is allowed', () => {
    const allowed: [path: string, text: string][] = [
      [
        'src/proxy/network/create-network.ts',
        "import { Pool } from 'undici'; import { x } from '#shared/money.ts'; import 'node:http';",
      ],
      [
        'src/main/electron/tray.ts',
        "import type {} from 'electron'; import type { Tray } from 'electron'; import type { Core } from '#core/core.ts';",
      ],
      [
        'src/renderer/features/keys/keys-page.tsx',
        "import { y } from './keys-store.ts'; import { Card } from '../../components/card.tsx';",
      ],
      ['src/main/core/core.ts', "import type { Server } from 'node:http';"],
    ];
    expect(allowed.flatMap(([path, text]) => forbiddenImports(readSource(path, text)))).toEqual([]);
  });

  const upward: [why: string, path: string, text: string][] = [
    [
      'a feature takes from what is built on it',
      'src/backend/keys/change-keys.ts',
      "import { x } from '../billing/payments.ts';",
    ],
    [
      'a feature takes a type from there',
      'src/backend/keys/change-keys.ts',
      "import type { X } from '../inference/settle.ts';",
    ],
    [
      'a feature takes from one beside it',
      'src/backend/limits/spend-cap.ts',
      "import { x } from '../pricing/tariffs.ts';",
    ],
    [
      'a feature takes from the list of routes',
      'src/backend/keys/keys-api.ts',
      "import { endpoints } from '../server/routes.ts';",
    ],
    [
      'the page kit takes from a feature',
      'src/backend/http/endpoint.ts',
      "import type { Payments } from '#backend/billing/payments.ts';",
    ],
    ['rows know a feature', 'src/backend/store/request-store.ts', "export { x } from '../usage/usage-api.ts';"],
    [
      'the composition is taken from',
      'src/backend/billing/payments.ts',
      "import type { Backend } from '../create-backend.ts';",
    ],
    ['the request knows its relay', 'src/proxy/request/read-call.ts', "import { x } from '../relay/pay-gate.ts';"],
    [
      'the gateway knows the handlers',
      'src/main/core/gateway/create-gateway.ts',
      "import { x } from '../handlers.ts';",
    ],
    [
      'a dialect knows its translation',
      'src/shared/dialects/readers.ts',
      "import { x } from '../translate/translations.ts';",
    ],
    ['a room without a place', 'src/backend/helpers/util.ts', ''],
  ];

  test.each(upward)('%s', (_why, path, text) => {
    expect(upwardImports(readSource(path, text))).toHaveLength(1);
  });

  test('what runs down is allowed, and what stays in its room', () => {
    const down =
      "import { x } from '../ledger/debt.ts'; import type { Y } from './payments.ts'; import { z } from '#shared/money.ts';";
    expect(upwardImports(readSource('src/backend/billing/auto-topup.ts', down))).toEqual([]);
    expect(upwardImports(readSource('src/renderer/lib/api.ts', "import { x } from './transport.ts';"))).toEqual([]);
  });

  test('a room of the order that is gone', () => {
    expect(emptyRooms([readSource('src/backend/keys/change-keys.ts', '')])).toContain('src/backend/billing');
    expect(emptyRooms([readSource('src/backend/keys/change-keys.ts', '')])).not.toContain('src/backend/keys');
  });

  test('a cycle, however long, of values or of types', () => {
    const cycle = (kind: string) => [
      readSource('src/shared/a.ts', "import { b } from './b.ts';"),
      readSource('src/shared/b.ts', "export { c } from '#shared/c.ts';"),
      readSource('src/shared/c.ts', `${kind} { a } from './a.ts';`),
    ];
    expect(importCycles(cycle('import'))).toEqual([
      'src/shared/a.ts → src/shared/b.ts → src/shared/c.ts → src/shared/a.ts',
    ]);
    expect(importCycles(cycle('import type'))).toHaveLength(1);
  });

  const members = (count: number): string =>
    Array.from({ length: count }, (_, index) => `  m${index}: Payments;\n`).join('');
  const payments = "import type { Payments } from '../billing/payments.ts';\n";
  const whole = "import { createParts } from '../server/create-parts.ts';\n";
  const planted: [why: string, text: string][] = [
    ['a type of too many services', `${payments}interface Deps {\n${members(largestBag.members + 1)}}`],
    ['the same, written in place', `${payments}function run(deps: {\n${members(largestBag.members + 1)}}) {}`],
    [
      'a type made of too many others',
      `${payments}type All = ${Array(largestBag.members + 1)
        .fill('Payments')
        .join(' & ')};`,
    ],
    [
      'an interface made of too many others',
      `${payments}interface All extends ${Array(largestBag.members + 1)
        .fill('Payments')
        .join(', ')} {}`,
    ],
    [
      'an object of too many names',
      `const all = { ${Array.from({ length: largestBag.literal + 1 }, (_, index) => `a${index}`).join(', ')} };`,
    ],
    ['a parameter that takes all', `${whole}function run({ db }: ReturnType<typeof createParts>) {}`],
    [
      'a parameter that takes all by another name',
      `${whole}type Parts = ReturnType<typeof createParts>;\nconst run = ({ db }: Parts) => db;`,
    ],
    ['an interface that other files extend', "declare module '../http/endpoint.ts' {\n  interface Services {}\n}"],
  ];

  test.each(planted)('a bag: %s', (_why, text) => {
    expect(bags('src/backend/usage/usage-api.ts', text)).toHaveLength(1);
  });

  test('what names only what it needs is no bag', () => {
    const named = `${payments}interface Deps {\n${members(largestBag.members)}}\nconst run = ({ m1 }: Deps): object => ({ m1, ...m1 });`;
    expect(bags('src/backend/usage/usage-api.ts', named)).toEqual([]);
    expect(
      bags(
        'src/backend/billing/create-billing.ts',
        `import type { Payments } from './payments.ts';\ninterface A {\n${members(20)}}`,
      ),
    ).toEqual([]);
  });

  test('a retired word, also inside a name', () => {
    expect(
      retiredIn('const balance = 1;\n// What the house lends.\nfunction readPurse() {}\nconst MAX_NAP_MS = 5;'),
    ).toEqual([
      { line: 2, word: 'house', use: 'platform account' },
      { line: 2, word: 'lends', use: 'advances' },
      { line: 3, word: 'Purse', use: 'funds' },
      { line: 4, word: 'NAP', use: 'back-off wait' },
    ]);
    expect(retiredIn('newsletter, housekeeping, laptop, bookshelf, absorbent')).toEqual([]);
  });

  test('a package that is loaded only through others', () => {
    const sourcesWithZod = [
      readSource(
        'src/preload/index.ts',
        "import { x } from '#shared/contract/names.ts'; import type { Y } from '#shared/types.ts';",
      ),
      readSource('src/shared/contract/names.ts', "import { z } from 'zod';"),
      readSource('src/shared/types.ts', "import 'undici';"),
    ];
    expect([...loadedBy('src/preload/index.ts', sourcesWithZod).packages]).toEqual(['zod']);
  });

  test('what no file may contain', () => {
    const text = 'let a: any;\nexport default a!;\n// @ts-ignore\nenum B { C }\n';
    const { faults } = readSource('src/shared/a.ts', text);
    expect(faults.toSorted()).toEqual([
      '@ts-ignore in line 3',
      'any in line 1',
      'default export in line 2',
      'enum in line 4',
      'non-null ! in line 2',
    ]);
    const getter = 'export const a = () => ({ get b() { return 1; } });';
    expect(readSource('src/proxy/a.ts', getter).faults).toEqual(['a getter in an object literal in line 1']);
    expect(readSource('src/proxy/a.ts', 'class A { get b() { return 1; } }').faults).toEqual([]);
    expect(
      readSource('src/shared/a.ts', "const any = 'any'; // as any, or a!\nexport const b = !any;\n").faults,
    ).toEqual([]);
  });

  test('a file or function one line too long', () => {
    const lines = (count: number) => 'work();\n'.repeat(count);
    const named = (path: string, text: string) => oversized(readSource(path, text));
    expect(named('src/shared/a.ts', lines(largest.file))).toEqual([]);
    expect(named('src/shared/a.ts', lines(largest.file + 1))).toHaveLength(1);
    expect(named('src/shared/a.ts', `function run() {\n${lines(largest.function - 2)}}`)).toEqual([]);
    expect(named('src/shared/a.ts', `const run = () => {\n${lines(largest.function - 1)}};`)).toEqual([
      'src/shared/a.ts:1 run has 71 lines, more than 70',
    ]);
    expect(named('src/renderer/a.tsx', `function Page() {\n${lines(largest.component - 2)}}`)).toEqual([]);
    expect(named('src/renderer/a.tsx', `function Page() {\n${lines(largest.component - 1)}}`)).toHaveLength(1);
    expect(named('src/renderer/a.tsx', `function readPage() {\n${lines(largest.function - 1)}}`)).toHaveLength(1);
  });
});
