import { describe, expect, test } from 'vitest';
import { asArray, asObject, type JsonObject } from '#shared/dialects/json-value.ts';
import { modelStateSchema, type TurnState } from '#shared/translate/model-state.ts';
import type { UpstreamDialect } from '#shared/domain/dialect.ts';
import type { Translation } from '#shared/translate/translation.ts';
import { findTranslation } from '#shared/translate/translations.ts';

const signature = 'CsoBAcu98PBkZXRhaWxlZA==';

/** What each upstream leaves beside a call, whole and as a stream; and how it wants it back. */
const upstreams: Record<string, { to: UpstreamDialect; whole: JsonObject; stream: JsonObject[]; wanted: JsonObject }> =
  {
    'reasoning_content, as DeepSeek wants it': {
      to: 'openai-chat',
      whole: {
        choices: [
          {
            message: {
              content: null,
              reasoning_content: 'I should look.',
              tool_calls: [{ id: 'call_1', function: { name: 'read', arguments: '{"p":"a"}' } }],
            },
            finish_reason: 'tool_calls',
          },
        ],
      },
      stream: [
        { choices: [{ delta: { reasoning_content: 'I should ' } }] },
        { choices: [{ delta: { reasoning_content: 'look.' } }] },
        {
          choices: [{ delta: { tool_calls: [{ index: 0, id: 'call_1', function: { name: 'read', arguments: '' } }] } }],
        },
        { choices: [{ delta: { tool_calls: [{ index: 0, function: { arguments: '{"p":"a"}' } }] } }] },
      ],
      wanted: { role: 'assistant', reasoning_content: 'I should look.' },
    },
    'reasoning_details, as OpenRouter wants them': {
      to: 'openai-chat',
      whole: {
        choices: [
          {
            message: {
              content: null,
              reasoning_details: [{ type: 'reasoning.encrypted', data: 'sealed', index: 0 }],
              tool_calls: [{ id: 'call_1', function: { name: 'read', arguments: '{"p":"a"}' } }],
            },
          },
        ],
      },
      stream: [
        { choices: [{ delta: { reasoning_details: [{ type: 'reasoning.encrypted', data: 'sea', index: 0 }] } }] },
        { choices: [{ delta: { reasoning_details: [{ type: 'reasoning.encrypted', data: 'led', index: 0 }] } }] },
        {
          choices: [
            { delta: { tool_calls: [{ index: 0, id: 'call_1', function: { name: 'read', arguments: '{"p":"a"}' } }] } },
          ],
        },
      ],
      wanted: { reasoning_details: [{ type: 'reasoning.encrypted', data: 'sealed', index: 0 }] },
    },
    'a signature on the call, as Gemini wants it': {
      to: 'openai-chat',
      whole: {
        choices: [
          {
            message: {
              content: null,
              tool_calls: [
                {
                  id: 'call_1',
                  function: { name: 'read', arguments: '{"p":"a"}' },
                  extra_content: { google: { thought_signature: signature } },
                },
              ],
            },
          },
        ],
      },
      stream: [
        {
          choices: [
            {
              delta: {
                tool_calls: [
                  {
                    index: 0,
                    id: 'call_1',
                    function: { name: 'read', arguments: '{"p":"a"}' },
                    extra_content: { google: { thought_signature: signature } },
                  },
                ],
              },
            },
          ],
        },
      ],
      wanted: { tool_calls: [{ extra_content: { google: { thought_signature: signature } } }] },
    },
    'signed thinking, as Messages wants it': {
      to: 'anthropic-messages',
      whole: {
        content: [
          { type: 'thinking', thinking: 'Hm.', signature },
          { type: 'tool_use', id: 'call_1', name: 'read', input: { p: 'a' } },
        ],
        stop_reason: 'tool_use',
      },
      stream: [
        { type: 'message_start', message: {} },
        { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Hm.' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature } },
        { type: 'content_block_stop', index: 0 },
        {
          type: 'content_block_start',
          index: 1,
          content_block: { type: 'tool_use', id: 'call_1', name: 'read', input: {} },
        },
        { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"p":"a"}' } },
        { type: 'content_block_stop', index: 1 },
        { type: 'message_delta', delta: { stop_reason: 'tool_use' } },
        { type: 'message_stop' },
      ],
      wanted: { content: [{ type: 'thinking', thinking: 'Hm.', signature }, { type: 'tool_use' }] },
    },
    'sealed reasoning, as Responses wants it': {
      to: 'openai-responses',
      whole: {
        status: 'completed',
        output: [
          { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'sealed' },
          { type: 'function_call', call_id: 'call_1', name: 'read', arguments: '{"p":"a"}' },
        ],
      },
      stream: [
        { type: 'response.output_item.added', output_index: 0, item: { type: 'reasoning', id: 'rs_1', summary: [] } },
        {
          type: 'response.output_item.done',
          output_index: 0,
          item: { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'sealed' },
        },
        {
          type: 'response.output_item.added',
          output_index: 1,
          item: { type: 'function_call', call_id: 'call_1', name: 'read', arguments: '' },
        },
        { type: 'response.function_call_arguments.delta', output_index: 1, delta: '{"p":"a"}' },
        {
          type: 'response.output_item.done',
          output_index: 1,
          item: { type: 'function_call', call_id: 'call_1', name: 'read', arguments: '{"p":"a"}' },
        },
        { type: 'response.completed', response: { status: 'completed' } },
      ],
      wanted: { type: 'reasoning', id: 'rs_1', encrypted_content: 'sealed' },
    },
    'the thought signature of Gemini': {
      to: 'gemini',
      whole: {
        candidates: [
          {
            finishReason: 'STOP',
            content: {
              role: 'model',
              parts: [
                { text: 'Hm.', thought: true },
                { functionCall: { id: 'call_1', name: 'read', args: { p: 'a' } }, thoughtSignature: signature },
              ],
            },
          },
        ],
      },
      stream: [
        { candidates: [{ content: { role: 'model', parts: [{ text: 'Hm.', thought: true }] } }] },
        {
          candidates: [
            {
              content: {
                role: 'model',
                parts: [
                  { functionCall: { id: 'call_1', name: 'read', args: { p: 'a' } }, thoughtSignature: signature },
                ],
              },
            },
          ],
        },
        { candidates: [{ content: { role: 'model', parts: [{ text: '' }] }, finishReason: 'STOP' }] },
      ],
      wanted: { role: 'model', parts: [{ functionCall: { id: 'call_1' }, thoughtSignature: signature }] },
    },
  };

/** The next request, as a client of each dialect sends it, with other white space in the arguments. */
const next: Record<UpstreamDialect, JsonObject> = {
  'openai-chat': {
    model: 'm',
    messages: [
      { role: 'user', content: 'q' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'read', arguments: '{ "p": "a" }' } }],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'text' },
    ],
  },
  'openai-responses': {
    model: 'm',
    input: [
      { role: 'user', content: 'q' },
      { type: 'function_call', call_id: 'call_1', name: 'read', arguments: '{ "p": "a" }' },
      { type: 'function_call_output', call_id: 'call_1', output: 'text' },
    ],
  },
  'anthropic-messages': {
    model: 'm',
    max_tokens: 100,
    messages: [
      { role: 'user', content: 'q' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name: 'read', input: { p: 'a' } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'text' }] },
    ],
  },
  gemini: {
    model: 'm',
    contents: [
      { role: 'user', parts: [{ text: 'q' }] },
      { role: 'model', parts: [{ functionCall: { id: 'call_1', name: 'read', args: { p: 'a' } } }] },
      { role: 'user', parts: [{ functionResponse: { id: 'call_1', name: 'read', response: { output: 'text' } } }] },
    ],
  },
};

const context = (request: JsonObject) => ({
  request,
  requestId: 'r',
  createdSeconds: 0,
  tools: { originals: new Map(), wrapped: new Set<string>() },
});

function streamedTurn(translation: Translation, events: readonly JsonObject[], request: JsonObject): TurnState | null {
  const translator = translation.stream(context(request));
  for (const event of events) translator.event(event);
  translator.end();
  return translator.turn();
}

const rows = Object.entries(upstreams).flatMap(([name, upstream]) =>
  (['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'] as const).flatMap((from) => {
    const translation = findTranslation(from, upstream.to);
    return translation ? [{ name, from, upstream, translation }] : [];
  }),
);

describe.each(rows)('$name, for a client of $from', ({ from, upstream, translation }) => {
  test('is gathered from a whole answer and from a stream alike', () => {
    const { turn } = translation.reply(upstream.whole, context(next[from]));
    expect(turn).not.toBeNull();
    expect(streamedTurn(translation, upstream.stream, next[from])).toEqual(turn);
    expect(modelStateSchema.parse(JSON.parse(JSON.stringify(turn?.state)))).toEqual(turn?.state);
  });

  test('goes back with the turn that it belongs to', () => {
    const { turn } = translation.reply(upstream.whole, context(next[from]));
    const read = translation.read(next[from]);
    expect(read.turnKeys).toEqual([turn?.key]);
    const { body } = read.write(new Map(turn ? [[turn.key, turn.state]] : []));
    const said = [...asArray(body['messages']), ...asArray(body['input']), ...asArray(body['contents'])].map(
      (message) => asObject(message),
    );
    expect(said).toContainEqual(expect.objectContaining(matching(upstream.wanted)));
  });

  test('is not made up where it is not known', () => {
    expect(JSON.stringify(translation.request(next[from]).body)).not.toMatch(/reasoning|thinking|signature|sealed/);
  });
});

/** Nested members are matched in part, too. */
function matching(wanted: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(wanted).map(([name, value]) => [
      name,
      Array.isArray(value)
        ? value.map((item) => (asObject(item) ? expect.objectContaining(matching(asObject(item) ?? {})) : item))
        : asObject(value)
          ? expect.objectContaining(matching(asObject(value) ?? {}))
          : value,
    ]),
  );
}

test('calls of two conversations with the same id are distinguished by their arguments', () => {
  const translation = findTranslation('anthropic-messages', 'openai-chat');
  const other = {
    ...next['anthropic-messages'],
    messages: [
      { role: 'user', content: 'q' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name: 'read', input: { p: 'b' } }] },
    ],
  };
  expect(translation?.read(other).turnKeys).not.toEqual(translation?.read(next['anthropic-messages']).turnKeys);
});

test('a model that is in the middle of calling tools may think on where its thinking came back signed', () => {
  const translation = findTranslation('openai-chat', 'anthropic-messages');
  const request = { ...next['openai-chat'], model: 'claude-opus-4-6', reasoning_effort: 'high' };
  const read = translation?.read(request);
  const state = { dialect: 'anthropic-messages' as const, blocks: [{ type: 'thinking', thinking: 'Hm.', signature }] };
  expect(read?.write(new Map([[read.turnKeys[0] ?? '', state]])).body['thinking']).toEqual({ type: 'adaptive' });
  expect(translation?.request(request).body['thinking']).toBeUndefined();
});
