import { join } from 'node:path';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

const root = import.meta.dirname;

export default defineConfig({
  main: {
    build: {
      sourcemap: true,
      rolldownOptions: {
        input: {
          index: join(root, 'src/main/electron/index.ts'),
          cli: join(root, 'src/main/headless/cli.ts'),
          backend: join(root, 'src/backend/main.ts'),
          'sandbox-worker': join(root, 'src/main/sandbox-worker.ts'),
          'verify-worker': join(root, 'src/backend/verify/verify-worker.ts'),
          'document-worker': join(root, 'src/backend/documents/document-worker.ts'),
          'store-worker': join(root, 'src/main/core/store/store-worker.ts'),
          'count-worker': join(root, 'src/main/core/estimates/count-worker.ts'),
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
    plugins: [react(), tailwindcss()],
    build: {
      minify: true,
      rolldownOptions: { input: { index: join(root, 'src/renderer/index.html') } },
    },
  },
});
