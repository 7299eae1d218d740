import { posix } from 'node:path';
import type { Source, SourceImport } from './read-source.ts';

/**
 * One row of the import matrix: what the files of a room may import. Rooms are asked in order; the first that fits
 * counts. Which rooms of one area may import each other is said in `room-order.ts`.
 */
interface Room {
  files: RegExp;
  /** Files of this repository. */
  mayImport: RegExp[];
  /** Files of which only types may be imported. */
  mayImportTypes?: RegExp[];
  packages: string[];
  /** Packages of which only types may be imported. */
  typePackages?: string[];
  node: 'yes' | 'types' | 'no';
}

const shared = /^src\/shared\//;
const proxy = /^src\/proxy\//;
const corePorts = /^src\/main\/core\/(ports|core)\.ts$/;
const coreRoot = /^src\/main\/core\/(ports|core|create-core)\.ts$/;
/** Starts the thread of a program: known to all that need one. */
const threadStarter = /^src\/proxy\/start-thread\.ts$/;
/** What is stored of bodies is masked as replies are, by the thread that stores it. */
const credentialMask = /^src\/proxy\/reply\/credential-mask\.ts$/;
/** Works on the file of a Corvus that does not run, so there is no core to ask. */
const restore = /^src\/main\/core\/store\/restore\.ts$/;
const core = /^src\/main\/core\//;
const corePure =
  /^src\/main\/core\/(routing\/|providers\/(adapter|balance-amount|known-providers|model-ids)\.ts$|(ports|core|emit)\.ts$)/;
const host = /^src\/main\/host\//;
const sandbox = /^src\/main\/sandbox\.ts$/;
const backend = /^src\/backend\//;
const shippedPrices = /^resources\/price-catalogue\.json$/;
const rendererParts = /^src\/renderer\/(components|lib)\//;
const pagePackages = [
  'react',
  'react-dom',
  'zustand',
  'wouter',
  'lucide-react',
  '@base-ui/react',
  '@tanstack/react-query',
  '@tanstack/react-virtual',
  'eventsource-parser',
  'zod',
];

const openTelemetry = [
  '@opentelemetry/api',
  '@opentelemetry/core',
  '@opentelemetry/exporter-prometheus',
  '@opentelemetry/exporter-trace-otlp-http',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-metrics',
  '@opentelemetry/sdk-trace',
];

const rooms: Room[] = [
  { files: shared, mayImport: [shared, /^resources\/model-limits\.json$/], packages: ['zod'], node: 'no' },
  // Connections to anything outside this process are made here only.
  { files: /^src\/proxy\/network\//, mayImport: [shared, proxy], packages: ['undici', 'socks'], node: 'yes' },
  { files: proxy, mayImport: [shared, proxy], packages: [], node: 'yes' },

  { files: corePure, mayImport: [shared, corePure], mayImportTypes: [proxy], packages: ['zod'], node: 'types' },
  {
    files: /^src\/main\/core\/store\//,
    mayImport: [shared, threadStarter, credentialMask, /^src\/main\/core\/store\//],
    mayImportTypes: [corePorts],
    packages: ['better-sqlite3', 'zod'],
    node: 'yes',
  },
  {
    files: /^src\/main\/core\/assemble-core\.ts$/,
    mayImport: [shared, proxy, core, shippedPrices],
    packages: [],
    node: 'yes',
  },
  {
    files: /^src\/main\/core\/tools\//,
    mayImport: [shared, core, /^resources\/tool-recipes\.json$/],
    packages: ['jsonc-parser', 'yaml', 'toml-eslint-parser', 'node-diff3', 'zod'],
    node: 'yes',
  },
  // A tokenizer has megabytes of ranks: in its own thread only.
  {
    files: /^src\/main\/core\/estimates\/count-worker\.ts$/,
    mayImport: [shared, proxy, /^src\/main\/core\/estimates\//],
    packages: ['gpt-tokenizer', 'zod'],
    node: 'yes',
  },
  // Draws in its own thread.
  {
    files: /^src\/main\/core\/usage\/sheet-worker\.ts$/,
    mayImport: [/^src\/main\/core\/usage\//],
    packages: ['pdfkit'],
    node: 'yes',
  },
  { files: core, mayImport: [shared, proxy, core], packages: ['zod'], node: 'yes' },

  { files: /^src\/main\/host\/owner-lock\.ts$/, mayImport: [shared, host], packages: ['better-sqlite3'], node: 'yes' },
  {
    files: host,
    mayImport: [shared, corePorts, host, /^src\/proxy\/log-file\.ts$/],
    packages: ['hono', '@hono/node-server', 'pino', 'zod'],
    node: 'yes',
  },
  {
    files: /^src\/main\/electron\/index\.ts$/,
    mayImport: [shared, coreRoot, host, sandbox, /^src\/main\/electron\//],
    packages: ['electron'],
    node: 'yes',
  },
  {
    files: /^src\/main\/electron\//,
    mayImport: [shared, corePorts, host, /^src\/main\/electron\//],
    packages: ['zod'],
    typePackages: ['electron'],
    node: 'yes',
  },
  {
    files: /^src\/main\/headless\//,
    mayImport: [shared, coreRoot, restore, host, sandbox, /^src\/main\/headless\//],
    packages: ['commander', '@clack/prompts', 'zod'],
    node: 'yes',
  },
  {
    files: /^src\/main\/sandbox(-worker)?\.ts$/,
    mayImport: [
      shared,
      threadStarter,
      /^src\/backend\/create-backend\.ts$/,
      /^src\/main\/host\/atomic-file\.ts$/,
      shippedPrices,
    ],
    mayImportTypes: [corePorts],
    packages: ['zod'],
    node: 'yes',
  },

  // Without zod, which a preload script of a sandboxed page need not carry.
  {
    files: /^src\/preload\//,
    mayImport: [/^src\/shared\/contract\/(names|bridge)\.ts$/],
    packages: ['electron'],
    node: 'no',
  },

  {
    files: /^src\/renderer\/features\//,
    mayImport: [shared, rendererParts], // And its own folder.
    packages: pagePackages,
    node: 'no',
  },
  { files: rendererParts, mayImport: [shared, rendererParts], packages: pagePackages, node: 'no' },
  { files: /^src\/renderer\//, mayImport: [shared, /^src\/renderer\//], packages: pagePackages, node: 'no' },

  { files: /^src\/backend\/ledger\//, mayImport: [shared, /^src\/backend\/ledger\//], packages: [], node: 'no' },
  {
    files: /^src\/backend\/database\//,
    mayImport: [shared, /^src\/backend\/(database|ledger)\//],
    mayImportTypes: [/^src\/backend\/runtime\//],
    packages: ['kysely', 'better-sqlite3', 'pg'],
    node: 'yes',
  },
  // The only folder that knows Stripe.
  {
    files: /^src\/backend\/stripe\//,
    mayImport: [shared, /^src\/backend\/stripe\//],
    mayImportTypes: [/^src\/backend\/billing\//, /^src\/proxy\/network\//],
    packages: ['stripe', 'zod'],
    node: 'yes',
  },
  // The only folder that knows pdfkit and csv-stringify.
  {
    files: /^src\/backend\/documents\//,
    mayImport: [shared, backend, threadStarter],
    packages: ['kysely', 'hono', 'pdfkit', 'csv-stringify', 'zod'],
    node: 'yes',
  },
  // The only folder that knows OpenTelemetry.
  {
    files: /^src\/backend\/telemetry\//,
    mayImport: [shared, /^src\/backend\/telemetry\//],
    packages: openTelemetry,
    node: 'yes',
  },
  // Reads a SQLite file as it is, whatever its schema.
  {
    files: /^src\/backend\/move\//,
    mayImport: [shared, backend],
    packages: ['kysely', 'better-sqlite3'],
    node: 'yes',
  },
  {
    files: /^src\/backend\/usage\/spend-csv\.ts$/,
    mayImport: [shared],
    mayImportTypes: [backend],
    packages: ['csv-stringify'],
    node: 'no',
  },
  {
    files: backend,
    mayImport: [shared, proxy, backend, shippedPrices, /^package\.json$/],
    packages: ['kysely', 'hono', '@hono/node-server', 'pino', 'zod'],
    node: 'yes',
  },
];

const aliases: Record<string, string> = {
  '#shared/': 'src/shared/',
  '#proxy/': 'src/proxy/',
  '#core/': 'src/main/core/',
  '#backend/': 'src/backend/',
};

/** The file an import names, from the repository's root; null for a package or a part of Node. */
export function resolveImport(fromPath: string, specifier: string): string | null {
  const alias = Object.keys(aliases).find((prefix) => specifier.startsWith(prefix));
  if (alias !== undefined) return `${aliases[alias]}${specifier.slice(alias.length)}`;
  return specifier.startsWith('.') ? posix.join(posix.dirname(fromPath), specifier) : null;
}

/** Every import of a file that its room does not allow, as a sentence. */
export function forbiddenImports({ path, imports }: Source): string[] {
  const room = rooms.find(({ files }) => files.test(path));
  if (!room) return [`${path} is in no room of the import matrix`];
  return imports
    .filter((entry) => !isAllowed(room, path, entry))
    .map(({ specifier }) => `${path} may not import ${specifier}`);
}

function isAllowed(room: Room, path: string, { specifier, isType }: SourceImport): boolean {
  if (specifier.startsWith('node:')) return room.node === 'yes' || (room.node === 'types' && isType);
  const target = resolveImport(path, specifier);
  if (target === null) {
    const name = packageName(specifier);
    return room.packages.includes(name) || (isType && (room.typePackages ?? []).includes(name));
  }
  const feature = /^src\/renderer\/features\/[^/]+\//.exec(path)?.[0];
  if (feature !== undefined && target.startsWith(feature)) return true;
  return [...room.mayImport, ...(isType ? (room.mayImportTypes ?? []) : [])].some((allowed) => allowed.test(target));
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/**
 * The files that a file loads when it runs, directly and through others, itself included; and the packages they load.
 * `first`: only those that are loaded before any of them runs.
 */
export function loadedBy(
  entry: string,
  sources: readonly Source[],
  which: 'first' | 'ever' = 'ever',
): { files: Set<string>; packages: Set<string> } {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const files = new Set<string>();
  const packages = new Set<string>();
  const open = [entry];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (files.has(path)) continue;
    files.add(path);
    for (const { specifier, isType, isLater } of byPath.get(path)?.imports ?? []) {
      if (isType || (isLater && which === 'first')) continue;
      const target = resolveImport(path, specifier);
      if (target === null) packages.add(packageName(specifier));
      else open.push(target);
    }
  }
  return { files, packages };
}

/** Files that need themselves through others, be it only for their types, each with the way back. */
export function importCycles(sources: readonly Source[]): string[] {
  const graph = new Map(sources.map(({ path, imports }) => [path, targetsOf(path, imports)]));
  const isDone = new Set<string>();
  const cycles: string[] = [];
  function walk(path: string, way: readonly string[]): void {
    if (way.includes(path)) {
      cycles.push([...way.slice(way.indexOf(path)), path].join(' → '));
      return;
    }
    if (isDone.has(path)) return;
    for (const target of graph.get(path) ?? []) walk(target, [...way, path]);
    isDone.add(path);
  }
  for (const path of graph.keys()) walk(path, []);
  return cycles;
}

function targetsOf(path: string, imports: readonly SourceImport[]): string[] {
  return imports.map(({ specifier }) => resolveImport(path, specifier)).filter((target) => target !== null);
}
