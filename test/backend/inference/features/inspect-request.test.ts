import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { memberRules, toolRules, words } from '#backend/inference/features/feature-table.ts';
import { inspectRequest } from '#backend/inference/features/inspect-request.ts';
import { readFacts } from '#proxy/request/read-call.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import { CorvusError } from '#shared/errors.ts';
import openaiSchema from '../../../support/schemas/openai.schema.json' with { type: 'json' };
import anthropicSchema from '../../../support/schemas/anthropic.schema.json' with { type: 'json' };

const said: Readonly<Record<string, object>> = {
  'openai-chat': { messages: [{ role: 'user', content: 'Hi' }] },
  'openai-completions': { prompt: 'Hi' },
  'openai-embeddings': { input: 'Hi' },
  'openai-responses': { input: 'Hi' },
  'anthropic-messages': { max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] },
};

function inspect(dialect: Dialect, more: object) {
  const body = Buffer.from(JSON.stringify({ model: 'm', ...said[dialect], ...more }));
  return inspectRequest({ dialect, body, facts: readFacts(dialect, body) });
}

/** The member that is refused; null: nothing is. */
function refusedIn(dialect: Dialect, more: object): string | null {
  try {
    inspect(dialect, more);
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(CorvusError);
    const { code, status, details } = error instanceof CorvusError ? error : new CorvusError('internal_error');
    expect([code, status]).toEqual(['unsupported_parameter', 400]);
    return details.param ?? '';
  }
}

const userSays = (...content: object[]) => ({ messages: [{ role: 'user', content }] });
const inputHas = (...input: object[]) => ({ input });
const inputSays = (...content: object[]) => inputHas({ role: 'user', content });
const chat = 'openai-chat';
const responses = 'openai-responses';
const messages = 'anthropic-messages';

const refused: readonly [Dialect, object, string][] = [
  [responses, { background: true }, 'background'],
  [responses, { background: 'true' }, 'background'],
  [responses, { background: 1 }, 'background'],
  [chat, { background: true }, 'background'],
  [responses, { previous_response_id: 'resp_1' }, 'previous_response_id'],
  [responses, { previous_response_id: '' }, 'previous_response_id'],
  [responses, { Previous_Response_Id: 'resp_1' }, 'Previous_Response_Id'],
  [responses, { previouſ_response_id: 'resp_1' }, 'previouſ_response_id'],
  [responses, { conversation: 'conv_1' }, 'conversation'],
  [responses, { conversation: { id: 'conv_1' } }, 'conversation'],
  [responses, { prompt: { id: 'pmpt_1' } }, 'prompt'],
  [responses, { context_management: [{ type: 'compaction', compact_threshold: 1 }] }, 'context_management'],
  [responses, inputHas({ type: 'item_reference', id: 'msg_1' }), 'input[0].type'],
  [responses, inputHas({ id: 'msg_1' }), 'input[0].id'],
  [responses, inputHas({ type: null, id: 'msg_1' }), 'input[0].id'],
  [responses, inputHas({ type: 'reasoning', id: 'rs_1', summary: [] }), 'input[0].id'],
  [responses, inputHas({ type: 'image_generation_call', id: 'ig_1' }), 'input[0].type'],
  [responses, inputHas({ type: 'compaction_trigger' }), 'input[0].type'],
  [responses, inputHas({ type: 'mcp_approval_response', approve: true }), 'input[0].type'],
  [
    responses,
    inputHas({ type: 'additional_tools', role: 'developer', tools: [{ type: 'code_interpreter' }] }),
    'input[0].tools[0].type',
  ],
  [responses, inputHas({ type: 'tool_search_output', tools: [{ type: 'mcp' }] }), 'input[0].tools[0].type'],
  [responses, inputSays({ type: 'input_file', file_id: 'file_1' }), 'input[0].content[0].file_id'],
  [responses, inputSays({ type: 'input_image', file_id: 'file_1' }), 'input[0].content[0].file_id'],
  [responses, inputSays({ type: 'input_text', text: 'x', file_id: 'file_1' }), 'input[0].content[0].file_id'],
  [responses, inputSays({ type: 'input_image', image_url: 'gs://bucket/a.png' }), 'input[0].content[0].image_url'],
  [responses, inputSays({ type: 'input_video', video_url: 'https://a/b' }), 'input[0].content[0].type'],
  [
    responses,
    inputHas({ type: 'function_call_output', call_id: 'c', output: [{ type: 'input_file', file_id: 'f' }] }),
    'input[0].output[0].file_id',
  ],
  [
    responses,
    inputHas({ type: 'computer_call_output', call_id: 'c', output: { type: 'computer_screenshot', file_id: 'f' } }),
    'input[0].output[0].file_id',
  ],
  ...[
    'file_search',
    'code_interpreter',
    'image_generation',
    'mcp',
    'programmatic_tool_calling',
    'shell',
    'brand_new_tool',
    '',
  ].map((type): [Dialect, object, string] => [
    responses,
    { tools: [{ type }] },
    type === 'shell' ? 'tools[0].environment' : 'tools[0].type',
  ]),
  [responses, { tools: [{ type: 'shell', environment: { type: 'container_auto' } }] }, 'tools[0].environment'],
  [responses, { tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'mcp' }] }] }, 'tools[0].tools[0].type'],
  [responses, { tools: [{ type: 'function', name: 'f', Type: 'mcp' }] }, 'tools[0].Type'],
  [responses, { tools: 'all' }, 'tools'],
  [chat, { tools: [{ type: 'web_search' }] }, 'tools[0].type'],
  [chat, { tools: [{ type: 'builtin_function', function: { name: '$web_search' } }] }, 'tools[0].type'],
  [chat, { search_parameters: { mode: 'on' } }, 'search_parameters'],
  [chat, { plugins: [{ id: 'web' }] }, 'plugins'],
  [chat, { models: ['another'] }, 'models'],
  [chat, { fallbacks: ['another'] }, 'fallbacks'],
  [chat, { extra_body: { google: { cached_content: 'c' } } }, 'extra_body'],
  [chat, { cached_content: 'c' }, 'cached_content'],
  [chat, { prediction: { type: 'content', content: 'x' } }, 'prediction'],
  [chat, { max_tokens: 100_000, max_completion_tokens: 1 }, 'max_tokens'],
  [chat, userSays({ type: 'file', file: { file_id: 'file_1' } }), 'messages[0].content[0].file.file_id'],
  [chat, userSays({ type: 'text', text: 'x', file: { file_id: 'file_1' } }), 'messages[0].content[0].file.file_id'],
  [chat, userSays({ type: 'image_url', image_url: { url: 'file-1' } }), 'messages[0].content[0].image_url'],
  [chat, userSays({ type: 'image_url', image_url: { file_id: 'f' } }), 'messages[0].content[0].image_url.file_id'],
  [chat, userSays({ type: 'video_url', video_url: { url: 'https://a/b' } }), 'messages[0].content[0].type'],
  [chat, userSays({ type: 'document_url', document_url: 'https://a/b' }), 'messages[0].content[0].type'],
  [
    chat,
    userSays({ type: 'input_audio', input_audio: { data: 'https://a/b', format: 'mp3' } }),
    'messages[0].content[0].input_audio',
  ],
  [chat, { messages: [{ role: 'assistant', audio: { id: 'audio_1' } }] }, 'messages[0].audio'],
  [chat, { messages: [{ role: 'user', content: 'x', Content: [{ type: 'image_url' }] }] }, 'messages[0].Content'],
  ['openai-completions', { max_completion_tokens: 1 }, 'max_completion_tokens'],
  ['openai-embeddings', { input: [{ image: 'https://a/b' }] }, 'input[0].id'],
  [messages, { mcp_servers: [{ type: 'url', url: 'https://a' }] }, 'mcp_servers'],
  [messages, { container: 'container_1' }, 'container'],
  [messages, { container: { skills: [] } }, 'container'],
  [messages, { speed: 'fast' }, 'speed'],
  [messages, { inference_geo: 'us' }, 'inference_geo'],
  [messages, { context_management: { edits: [{ type: 'compact_20260112' }] } }, 'context_management'],
  [messages, { max_completion_tokens: 1 }, 'max_completion_tokens'],
  [
    messages,
    userSays({ type: 'image', source: { type: 'file', file_id: 'f' } }),
    'messages[0].content[0].source.file_id',
  ],
  [messages, userSays({ type: 'document', source: { type: 'file' } }), 'messages[0].content[0].source.type'],
  [messages, userSays({ type: 'container_upload', file_id: 'f' }), 'messages[0].content[0].type'],
  [
    messages,
    userSays({
      type: 'tool_result',
      tool_use_id: 't',
      content: [{ type: 'document', source: { type: 'file', file_id: 'f' } }],
    }),
    'messages[0].content[0].content[0].source.file_id',
  ],
  [messages, { system: [{ type: 'document', source: { type: 'file', file_id: 'f' } }] }, 'system[0].source.file_id'],
  ...['code_execution_20250825', 'code_execution_20260521', 'mcp_toolset', 'advisor_20260301'].map(
    (type): [Dialect, object, string] => [messages, { tools: [{ type, name: 'x' }] }, 'tools[0].type'],
  ),
];

describe('members whose cost is not in the bytes and cannot be bounded are refused by name (F07, F10, F24)', () => {
  test.each(refused)('%s %j', (dialect, more, param) => {
    expect(refusedIn(dialect, more)).toBe(param);
  });

  test('the same behind a long text, a deep list and many parts, whatever the size of the body', () => {
    const text = 'x'.repeat(400_000);
    const many = Array.from({ length: 2_000 }, () => ({ type: 'input_text', text: 'y'.repeat(200) }));
    const more = inputSays({ type: 'input_text', text }, ...many, { type: 'input_file', file_id: 'file_1' });
    expect(refusedIn(responses, more)).toBe('input[0].content[2001].file_id');
  });
});

const url = 'https://example.com/a';
const png = `data:image/png;base64,${'A'.repeat(5_000)}`;
const held: readonly [Dialect, object, object][] = [
  [responses, inputSays({ type: 'input_image', image_url: url }), { pictures: 1, picturesByUrl: 1 }],
  [responses, inputSays({ type: 'input_image', image_url: png }), { pictures: 1, picturesByUrl: 0 }],
  [responses, inputSays({ type: 'input_file', file_url: url }), { documentsByUrl: 1 }],
  [responses, inputSays({ type: 'input_file', file_data: 'data:application/pdf;base64,AA' }), { documents: 1 }],
  [
    chat,
    userSays({ type: 'image_url', image_url: { url } }, { type: 'image_url', image_url: { url } }),
    { picturesByUrl: 2 },
  ],
  [chat, userSays({ type: 'image_url', image_url: url }), { picturesByUrl: 1 }],
  [chat, userSays({ type: 'text', text: 'x', image_url: { url } }), { picturesByUrl: 1 }],
  [chat, userSays({ type: 'file', file: { file_data: url } }), { documentsByUrl: 1 }],
  [messages, userSays({ type: 'image', source: { type: 'url', url } }), { picturesByUrl: 1 }],
  [messages, userSays({ type: 'document', source: { type: 'url', url } }), { documentsByUrl: 1 }],
  [
    messages,
    userSays({ type: 'document', source: { type: 'base64', data: 'AA' } }),
    { documents: 1, documentsByUrl: 0 },
  ],
  [
    messages,
    { tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 3 }] },
    { searches: 3, searchParam: 'tools[0].type' },
  ],
  [messages, { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, { searches: 10 }],
  [messages, { tools: [{ type: 'web_fetch_20250910', name: 'web_fetch', max_uses: 2 }] }, { fetches: 2 }],
  [responses, { tools: [{ type: 'web_search' }] }, { searches: 10 }],
  [responses, { tools: [{ type: 'web_search_preview_2025_03_11' }], max_tool_calls: 4 }, { searches: 4 }],
  [chat, { web_search_options: {} }, { searches: 1, searchParam: 'web_search_options' }],
  [chat, { modalities: ['text', 'audio'], audio: { voice: 'a' } }, { asksForAudio: true }],
  [chat, { max_completion_tokens: 5 }, { limitMember: 'max_completion_tokens' }],
];

test.each(held)('what can be bounded is counted: %s %j', (dialect, more, found) => {
  expect(inspect(dialect, more)).toMatchObject(found);
});

const free: readonly [Dialect, object][] = [
  [
    responses,
    {
      background: false,
      previous_response_id: null,
      conversation: null,
      prompt: null,
      store: true,
      context_management: null,
    },
  ],
  [
    responses,
    inputHas({ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'abc' }, { role: 'user', content: 'Hi' }),
  ],
  [responses, inputHas({ type: 'function_call', call_id: 'c', name: 'f', arguments: '{"file_id":"x"}' })],
  [
    responses,
    {
      tools: [
        { type: 'custom', name: 'x' },
        { type: 'local_shell' },
        { type: 'shell', environment: { type: 'local' } },
      ],
    },
  ],
  [
    chat,
    {
      tools: [
        {
          type: 'function',
          function: { name: 'f', parameters: { properties: { file_id: {}, type: { Type: 'mcp' } } } },
        },
      ],
    },
  ],
  [
    chat,
    { metadata: { file_id: 'x', previous_response_id: 'y' }, logprobs: true, n: 2, modalities: ['text'], store: false },
  ],
  [
    messages,
    {
      tools: [
        { name: 'f', input_schema: {} },
        { type: 'bash_20250124', name: 'bash' },
        { type: 'memory_20250818', name: 'm' },
      ],
    },
  ],
  [
    messages,
    {
      messages: [
        { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: { file_id: 'x', url } }] },
      ],
    },
  ],
  [
    messages,
    {
      mcp_servers: [],
      container: null,
      speed: 'standard',
      context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
    },
  ],
  ['openai-embeddings', { input: [[1, 2], [3]] }],
  ['openai-embeddings', { input: [1, 2, 3] }],
];

test.each(free)('what costs nothing beside its bytes passes: %s %j', (dialect, more) => {
  expect(refusedIn(dialect, more)).toBeNull();
});

interface Schema {
  properties?: Record<string, unknown>;
  allOf?: Schema[];
  $ref?: string;
}

function membersOf(all: Record<string, Schema>, name: string): string[] {
  const walk = (schema: Schema | undefined): string[] => [
    ...Object.keys(schema?.properties ?? {}),
    ...(schema?.allOf ?? []).flatMap(walk),
    ...(schema?.$ref === undefined ? [] : walk(all[schema.$ref.split('/').at(-1) ?? ''])),
  ];
  return walk(all[name]);
}

test('every member of the published request schemas is decided upon, one way or the other', () => {
  const openai: Record<string, Schema> = JSON.parse(JSON.stringify(openaiSchema.$defs));
  const anthropic: Record<string, Schema> = JSON.parse(JSON.stringify(anthropicSchema.$defs));
  const requests: readonly [keyof typeof memberRules, Record<string, Schema>, string][] = [
    [chat, openai, 'CreateChatCompletionRequest'],
    ['openai-completions', openai, 'CreateCompletionRequest'],
    ['openai-embeddings', openai, 'CreateEmbeddingRequest'],
    [responses, openai, 'CreateResponse'],
    [messages, anthropic, 'MessageCreateRequest'],
    ['anthropic-count-tokens', anthropic, 'MessageCountTokensParams'],
  ];
  for (const [dialect, all, name] of requests) {
    const members = membersOf(all, name);
    if (members.length === 0) continue;
    expect(
      members.filter((member) => !Object.hasOwn(memberRules[dialect], member)),
      dialect,
    ).toEqual([]);
  }
});

test('docs/billing.md lists exactly what is refused and what is held for', () => {
  const text = readFileSync(new URL('../../../../docs/billing.md', import.meta.url), 'utf8');
  const table = /<!-- features -->([\s\S]*?)<!-- \/features -->/.exec(text)?.[1] ?? '';
  const documented = table.match(/`[^`]+`/g)?.map((name) => name.slice(1, -1)) ?? [];
  const members = Object.values(memberRules).flatMap((rules) =>
    Object.entries(rules).flatMap(([name, rule]) => (typeof rule === 'object' ? [name] : [])),
  );
  const tools = Object.values(toolRules).flatMap((rules) =>
    Object.entries(rules).flatMap(([name, rule]) =>
      rule === 'free' || rule === 'nested' || rule === 'local' ? [] : [name],
    ),
  );
  expect(new Set(documented)).toEqual(new Set([...members, ...tools, ...otherRows]));
});

/** Members that the table of members and tools does not list by name. */
const otherRows = [
  ...words('file_id item_reference image_url input_image file_url input_file web_search_options service_tier'),
  ...words('speed inference_geo modalities shell container_upload reasoning source max_uses max_tool_calls'),
];
