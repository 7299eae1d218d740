import { defineConfig } from 'vitest/config';
import { keepCompiledCode } from './test/support/compile-cache.ts';

keepCompiledCode();
const exclude = ['test/e2e/**', '**/node_modules/**'];
// Several instances need a database that takes them.
const onPostgresOnly = ['test/backend/replicas/**', 'test/backend/database/postgres-*.test.ts'];
// How pages look, what is measured and how a socket is read does not depend on the database below.
const onSqliteOnly = [
  'test/backend/database/sqlite-*.test.ts',
  'test/backend/{compatibility,models,portal,server,telemetry}/**',
  'test/backend/**/*-pages.test.ts',
  'test/backend/{auth/customer-sessions,inference/canaries}.test.ts',
];

export default defineConfig({
  test: {
    // Real sockets, databases and processes on a small machine: room to be slow, none to hang.
    testTimeout: 30_000,
    // Most tests wait for a disk, a socket or a process: one worker would leave half of two cores idle.
    maxWorkers: 2,
    // Nothing is mocked, so nothing has to be loaded anew for every file, which took a second of the processor for each.
    isolate: false,
    globalSetup: ['test/support/bring-build-up-to-date.ts'],
    restoreMocks: true,
    unstubEnvs: true,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: { name: 'sqlite', include: ['test/**/*.test.{ts,tsx}'], exclude: [...exclude, ...onPostgresOnly] },
      },
      {
        extends: true,
        test: {
          // The hosted service once more, on PostgreSQL.
          name: 'postgres',
          include: ['test/backend/**/*.test.ts'],
          exclude: [...exclude, ...onSqliteOnly],
          env: { CORVUSLLM_TEST_DATABASE: 'postgres' },
          globalSetup: ['test/support/postgres/global-setup.ts'],
        },
      },
    ],
  },
});
