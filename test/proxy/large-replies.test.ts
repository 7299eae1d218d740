import { expect, test } from 'vitest';
import { makeUsage, type Usage } from '#shared/metering/usage.ts';
import { chatBody, messagesBody, post } from './raw-request.ts';
import { startGateway } from './start-gateway.ts';

/** More than is kept back of a reply in one piece, so that it passes as it comes. */
const big = 'x'.repeat(300_000);
const search = (more: object) => ({ type: 'web_search_call', status: 'completed', ...more });
const response = {
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  instructions: big,
  model: 'm',
  output: [
    search({ action: { type: 'search', query: 'a' } }),
    search({ action: { query: 'web_search_call', sources: [{ type: 'open_page' }] } }),
    search({ action: { type: 'open_page', url: 'https://a/b' } }),
    search({ status: 'failed' }),
    { type: 'message', content: [{ type: 'output_text', text: '"type":"web_search_call"', annotations: [] }] },
  ],
  usage: { input_tokens: 1_000, output_tokens: 50, output_tokens_details: { reasoning_tokens: 40 } },
};
const counted = { freshInput: 1_000, outputText: 10, outputReasoning: 40, webSearches: 2 };
const responses = JSON.stringify({ model: 'm', input: 'Hi' });

const rows: readonly [string, string, string, object, Partial<Usage>][] = [
  ['nothing of the kind', '/v1/responses', responses, response, counted],
  ['metadata that is called usage', '/v1/responses', responses, { ...response, metadata: { usage: '{}' } }, counted],
  [
    'metadata that reads like usage',
    '/v1/responses',
    responses,
    { ...response, metadata: { usage: '{"input_tokens":1,"output_tokens":0}' } },
    counted,
  ],
  [
    'more metadata behind the usage than is looked at',
    '/v1/responses',
    responses,
    { ...response, metadata: { a: '\u{1f600}'.repeat(10_000) } },
    counted,
  ],
  [
    'arguments that the model calls usage, behind the usage',
    '/v1/messages',
    messagesBody(),
    {
      type: 'message',
      model: 'm',
      usage: { input_tokens: 1_000, output_tokens: 50 },
      stop_reason: 'tool_use',
      content: [{ type: 'tool_use', id: 't', name: 'f', input: { big, usage: { input_tokens: 1, output_tokens: 1 } } }],
    },
    { freshInput: 1_000, outputText: 50 },
  ],
  [
    'a choice with usage of its own',
    '/v1/chat/completions',
    chatBody(),
    {
      model: 'm',
      usage: { prompt_tokens: 1_000, completion_tokens: 50 },
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: big },
          finish_reason: 'stop',
          usage: { prompt_tokens: 1, completion_tokens: 1 },
        },
      ],
    },
    { freshInput: 1_000, outputText: 50 },
  ],
];

test.each(rows)(
  'a large reply is read for its own usage and searches only: %s (F11, F16)',
  async (_name, path, body, reply, usage) => {
    const gateway = await startGateway();
    gateway.upstream.script({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(reply),
    });
    expect((await post(gateway.url, path, body)).status).toBe(200);
    expect(await gateway.settled()).toMatchObject({
      status: 'completed',
      usageSource: 'provider',
      usage: makeUsage(usage),
      modelServed: 'm',
    });
  },
);

test('a large response says that it is in the background, is not kept, or came to its limit', async () => {
  const gateway = await startGateway();
  for (const [reply, outcome] of [
    [
      { ...response, status: 'in_progress', background: true, usage: null },
      { usage: null, usageSource: 'missing', finishReason: 'in_progress', answerId: 'resp_1' },
    ],
    [
      { ...response, store: false },
      { usageSource: 'provider', answerId: null },
    ],
    [
      { ...response, status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
      { status: 'completed', finishReason: 'max_output_tokens' },
    ],
    [
      { ...response, status: 'failed', error: { code: 'server_error', message: 'No.' } },
      { status: 'completed', finishReason: 'failed' },
    ],
  ] as const) {
    gateway.upstream.script({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(reply),
    });
    expect(await post(gateway.url, '/v1/responses', responses)).toMatchObject({ status: 200, isCut: false });
    expect(gateway.outcomes.at(-1)).toMatchObject(outcome);
  }
});
