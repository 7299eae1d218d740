import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    exclude: ['test/e2e/**', '**/node_modules/**'],
    // Real sockets, databases and processes on a small machine: room to be slow, none to hang.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
