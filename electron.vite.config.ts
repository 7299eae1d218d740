import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import type { Plugin } from 'vite';

const root = import.meta.dirname;

/**
 * Libraries of many small files that every start needs: looking for each file takes longer than running it.
 */
const inOneFile = [
  '@hono/node-server',
  'commander',
  'hono',
  'jsonc-parser',
  'node-diff3',
  'pino',
  'socks',
  'toml-eslint-parser',
  'undici',
  'yaml',
  'zod',
];

/**
 * An `import` of a module of Node reads each of its properties, used or not. Of these two, some are costly: the
 * `WebSocket` of http loads Node's own copy of undici. Taken as an object, only what is used is read.
 */
const builtinsAsObjects: Plugin = {
  name: 'builtins-as-objects',
  renderChunk: (code) => ({
    code: code.replaceAll(
      /^import (?:([\w$]+)|\{([^}]+)\}) from "(?:node:)?(http|process)";$/gm,
      (_, whole: string | undefined, names: string | undefined, builtin: string) =>
        `const ${whole ?? `{${names?.replaceAll(' as ', ': ')}}`} = process.getBuiltinModule("node:${builtin}");`,
    ),
    map: null,
  }),
};

/**
 * The program's text stays in memory, and takes two bytes a character where one of them is not of Latin-1: a dash in a
 * comment doubles half a megabyte.
 */
const oneByteText: Plugin = {
  name: 'one-byte-text',
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') continue;
      chunk.code = chunk.code.replaceAll(
        /[^\0-\xff]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
    }
  },
};

/** Writes each asset of the pages compressed too, once, so that serving it smaller costs nothing. */
const compressedAssets: Plugin = {
  name: 'compressed-assets',
  apply: 'build',
  async writeBundle({ dir = '' }, files) {
    const texts = Object.keys(files).filter((name) => /^assets\/.*\.(js|css)$/.test(name));
    await Promise.all(
      texts.map(async (name) => {
        const text = await readFile(join(dir, name));
        await writeFile(join(dir, `${name}.br`), await promisify(brotliCompress)(text));
        await writeFile(join(dir, `${name}.gz`), await promisify(gzip)(text, { level: 9 }));
      }),
    );
  },
};

export default defineConfig({
  main: {
    plugins: [builtinsAsObjects, oneByteText],
    build: {
      sourcemap: true,
      externalizeDeps: { exclude: inOneFile },
      rolldownOptions: {
        input: {
          index: join(root, 'src/main/electron/index.ts'),
          cli: join(root, 'src/main/headless/cli.ts'),
          backend: join(root, 'src/backend/main.ts'),
          'sandbox-worker': join(root, 'src/main/sandbox-worker.ts'),
          'verify-worker': join(root, 'src/backend/verify/verify-worker.ts'),
          'document-worker': join(root, 'src/backend/documents/document-worker.ts'),
          'store-worker': join(root, 'src/main/core/store/threads/store-worker.ts'),
          'count-worker': join(root, 'src/main/core/estimates/count-worker.ts'),
          'sheet-worker': join(root, 'src/main/core/usage/sheet-worker.ts'),
        },
      },
    },
  },
  preload: {
    build: {
      // A sandboxed preload script is one CommonJS file that can require nothing but electron.
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: join(root, 'src/preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: join(root, 'src/renderer'),
    plugins: [react(), tailwindcss(), compressedAssets],
    build: {
      minify: true,
      rolldownOptions: { input: { index: join(root, 'src/renderer/index.html') } },
    },
  },
});
