import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accountSchema } from '#shared/account/account.ts';
import { startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

let service: TestBackend;

beforeAll(async () => {
  service = await startTestBackend();
});

afterAll(async () => {
  expect(accountSchema.parse(await (await service.call('/v1/account')).json())).toMatchObject({
    balance: '25.00',
    held: '0.00',
  });
  expect(await service.database.run('select id from requests')).toEqual([]);
  await service[Symbol.asyncDispose]();
});

const file = { type: 'file', file: { file_id: 'file-of-another-customer' } };
const user = { messages: [{ role: 'user', content: [file] }] };
const param = 'messages[0].content[0].file.file_id';
const chatModel = { model: 'gpt-5' };
const stored = [{ role: 'user', content: [{ type: 'input_file', file_id: 'file-1' }] }];
const document = { role: 'user', content: [{ type: 'document', source: { type: 'file', file_id: 'f' } }] };

const refused: readonly [string, object, string][] = [
  ['/v1/chat/completions', { ...chatModel, ...user }, param],
  ['/v1/chat/completions', { model: 'corvus/mesh:gpt-5,glm-4.6', ...user }, param],
  ['/v1/chat/completions', { model: 'corvus/judge:gpt-5,glm-4.6,gpt-5', ...user }, param],
  ['/v1/mesh', { models: ['gpt-5', 'glm-4.6'], ...user }, param],
  ['/v1/auto', { models: ['gpt-5', 'glm-4.6'], ...user }, param],
  ['/v1/compare', { models: ['gpt-5', 'glm-4.6'], ...user }, param],
  ['/v1/blend', { models: ['gpt-5', 'glm-4.6'], synthesizer: 'gpt-5', ...user }, param],
  ['/v1/judge', { models: ['gpt-5', 'glm-4.6'], judge: 'gpt-5', ...user }, param],
  ['/v1/responses', { ...chatModel, input: stored }, 'input[0].content[0].file_id'],
  ['/v1/responses', { ...chatModel, input: 'x', background: true }, 'background'],
  ['/v1/responses', { ...chatModel, input: 'x', stream: true, conversation: 'conv_1' }, 'conversation'],
  [
    '/v1/responses',
    { model: 'corvus/compare:gpt-5,glm-4.6', input: 'x', previous_response_id: 'resp_1' },
    'previous_response_id',
  ],
  [
    '/v1/messages',
    { model: 'claude-haiku-4-5', max_tokens: 9, messages: [document] },
    'messages[0].content[0].source.file_id',
  ],
  ['/v1/messages', { model: 'claude-haiku-4-5', max_tokens: 9, messages: [], container: 'c' }, 'container'],
  [
    '/v1/messages/count_tokens',
    { model: 'claude-haiku-4-5', messages: [document] },
    'messages[0].content[0].source.file_id',
  ],
  ['/v1/embeddings', { model: 'text-embedding-3-small', input: [{ type: 'image_url' }] }, 'input[0].type'],
  ['/v1/completions', { model: 'corvus/echo', prompt: 'x', background: true }, 'background'],
  // No price for a search, for audio, for a dearer tier.
  ['/v1/chat/completions', { model: 'glm-4.6', messages: [], web_search_options: {} }, 'web_search_options'],
  ['/v1/chat/completions', { ...chatModel, messages: [], modalities: ['audio'], audio: {} }, 'modalities'],
  ['/v1/chat/completions', { model: 'glm-4.6', messages: [], service_tier: 'priority' }, 'service_tier'],
  ['/v1/chat/completions', { ...chatModel, messages: [], service_tier: 'scale' }, 'service_tier'],
];

describe('what cannot be sold is refused before anything is held, in every dialect and mode (F07, F10)', () => {
  test.each(refused)('%s %j', async (path, body, at) => {
    const reply = await service.call(path, { body });
    const { error } = (await reply.json()) as { error: { code: string; param?: string; message: string } };
    expect([reply.status, error.code, error.message.includes(`"${at}"`)]).toEqual([400, 'unsupported_parameter', true]);
    if (!path.startsWith('/v1/messages')) expect(error.param).toBe(at);
  });

  const passed = [
    ...['/v1/files', '/v1/files/file-1', '/v1/files/file-1/content'].flatMap((path) =>
      ['GET', 'DELETE', 'POST'].map((method) => [method, path]),
    ),
    ...['images/generations', 'images/edits', 'audio/speech', 'audio/transcriptions', 'moderations'].map((path) => [
      'POST',
      `/v1/${path}`,
    ]),
    ...['GET', 'DELETE'].map((method) => [method, '/v1/responses/resp_1']),
    ...['POST'].map((method) => [method, '/v1/responses/resp_1/cancel']),
    ...['GET'].map((method) => [method, '/v1/responses/resp_1/input_items']),
  ] as const;

  test.each(passed)('%s %s is not sold, and what others have stored is not reached', async (method = '', path = '') => {
    const sent = method === 'POST' ? { body: { model: 'gpt-5' } } : { headers: { 'content-type': 'text/plain' } };
    const reply = await service.call(path, { method, ...sent });
    expect([reply.status, await reply.json()]).toMatchObject([400, { error: { code: 'dialect_not_supported' } }]);
  });

  test.each([
    '/v1/responses/compact',
    '/v1/responses/input_tokens',
    '/v1/conversations/conv_1',
    '/v1/vector_stores',
    '/v1/batches',
    '/v1/messages/batches',
  ])('%s is not there', async (path) => {
    for (const method of ['GET', 'POST', 'DELETE'])
      expect([404, 405]).toContain((await service.call(path, { method })).status);
  });
});
