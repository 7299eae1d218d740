import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WriteDb } from '#core/store/database/database.ts';
import { openDatabase } from '#core/store/database/open-database.ts';
import { listRequests, queriesFor, readFacets } from '#core/store/requests/request-list.ts';
import type { RequestFilter } from '#shared/contract/requests.ts';
import { noFilter } from '#shared/contract/no-filter.ts';
import { localKeyIdSchema, timeOrderedId } from '#shared/ids.ts';
import { temporaryFolder } from '../../support/store-fixture.ts';

const count = 200_000;
const startMs = 1_700_000_000_000;
const folder = temporaryFolder();
let db: WriteDb;

beforeAll(() => {
  db = openDatabase(join(folder, 'large.db')).db;
  const insert = db.prepare(
    `INSERT INTO requests (id, created_at_ms, local_key_id, dialect, endpoint, model_requested, lane, provider, status, tool, project, session, is_stream, request_bytes)
     VALUES (?, ?, ?, 'openai-chat', '/v1/chat/completions', ?, ?, ?, ?, ?, ?, ?, 1, 10)`,
  );
  db.transaction(() => {
    for (let index = 0; index < count; index += 1) {
      const noise = new Uint8Array(10).fill(index % 251);
      const lane = (['prepaid', 'byok', 'local'] as const)[index % 3];
      insert.run(
        timeOrderedId('req', startMs + index, noise),
        BigInt(startMs + index),
        `lk_${index % 5}`,
        `model-${index % 40}`,
        lane,
        `provider-${index % 4}`,
        index % 1000 === 0 ? 'failed' : 'completed',
        `tool-${index % 3}`,
        index % 2 ? `project-${index % 7}` : null,
        index % 2 ? `session-${index % 5_000}` : null,
      );
    }
  })();
}, 60_000);

afterAll(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

const filters: [string, Partial<RequestFilter>][] = [
  ['nothing', {}],
  ['model', { model: 'model-7' }],
  ['status', { status: 'failed' }],
  ['usual status', { status: 'completed' }],
  ['lane', { lane: 'local' }],
  ['provider', { provider: 'provider-2' }],
  ['local key', { localKeyId: localKeyIdSchema.parse('lk_3') }],
  ['time', { fromMs: startMs + 50_000, toMs: startMs + 60_000 }],
  ['slug search', { search: 'odel-3' }],
  ['id search', { search: 'req_018bcfe568' }],
  ['tool', { tool: 'tool-1' }],
  ['project', { project: 'project-1' }],
  ['session', { session: 'session-77', model: 'model-7' }],
  ['failures', { status: 'failures' }],
  ['several', { model: 'model-7', lane: 'byok', status: 'completed', provider: 'provider-3' }],
];

test.each(filters)('a page by %s walks an index in order: no scan of the table, no sort', (_name, filter) => {
  for (const cursor of [null, timeOrderedId('req', startMs + 100_000, new Uint8Array(10))]) {
    const queries = queriesFor(db, { filter: { ...noFilter, ...filter }, cursor, limit: 51 });
    expect(queries.length).toBeGreaterThan(0);
    for (const { sql, values } of queries) {
      const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(values) as { detail: string }[];
      const text = plan.map(({ detail }) => detail).join('\n');
      expect(text).not.toContain('TEMP B-TREE');
      // Without any condition the newest rows are read from the end of the index, and LIMIT stops it.
      if (Object.keys(filter).length === 0 && cursor === null)
        expect(text).toBe('SCAN requests USING INDEX sqlite_autoindex_requests_1');
      else expect(text).toMatch(/^SEARCH requests USING INDEX/);
    }
  }
});

test('a search in slugs pages through all matches in order', () => {
  const seen: string[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < 3; page += 1) {
    const result = listRequests(db, { ...noFilter, search: 'model-1' }, cursor, 200);
    seen.push(...result.rows.map(({ id }) => id));
    cursor = result.nextCursor;
  }
  const expected = db
    .prepare("SELECT id FROM requests WHERE model_requested LIKE '%model-1%' ORDER BY id DESC LIMIT 600")
    .all() as {
    id: string;
  }[];
  expect(seen).toEqual(expected.map(({ id }) => id));
});

test('facets name every value that occurs', () => {
  const { models, providers } = readFacets(db);
  expect([models.length, providers]).toEqual([40, ['provider-0', 'provider-1', 'provider-2', 'provider-3']]);
});
