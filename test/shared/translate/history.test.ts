import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#shared/dialects/json-value.ts';
import type { ConversationDialect } from '#shared/translate/translation.ts';
import { findTranslation } from '#shared/translate/translations.ts';

function translate(from: ConversationDialect, to: ConversationDialect, body: JsonObject) {
  const translation = findTranslation(from, to);
  if (!translation) throw new Error('no such pair');
  return translation.request({ model: 'm', max_tokens: 50, ...body });
}

/**
 * Blocks of Messages that no other dialect has, with words of each that must reach the model, or the name that is
 * reported.
 */
const blocks: [JsonObject, string | null][] = [
  [{ type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'sun' } }, 'sun'],
  [
    {
      type: 'web_search_tool_result',
      tool_use_id: 's',
      content: [{ type: 'web_search_result', title: 'Sun', url: 'https://sun.example/', encrypted_content: 'x' }],
    },
    'https://sun.example/',
  ],
  [
    {
      type: 'web_search_tool_result',
      tool_use_id: 's',
      content: { type: 'web_search_tool_result_error', error_code: 'max_uses_exceeded' },
    },
    'max_uses_exceeded',
  ],
  [
    {
      type: 'web_fetch_tool_result',
      tool_use_id: 's',
      content: {
        type: 'web_fetch_result',
        url: 'https://a.example/',
        content: { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'page words' } },
      },
    },
    'page words',
  ],
  [
    {
      type: 'code_execution_tool_result',
      tool_use_id: 's',
      content: { type: 'code_execution_result', stdout: '42\n', stderr: '', return_code: 0, content: [] },
    },
    '42',
  ],
  [
    {
      type: 'bash_code_execution_tool_result',
      tool_use_id: 's',
      content: { type: 'bash_code_execution_result', stdout: '', stderr: 'no such file', return_code: 1, content: [] },
    },
    'no such file',
  ],
  [
    {
      type: 'text_editor_code_execution_tool_result',
      tool_use_id: 's',
      content: { type: 'text_editor_code_execution_view_result', content: 'line one' },
    },
    'line one',
  ],
  [
    {
      type: 'tool_search_tool_result',
      tool_use_id: 's',
      content: {
        type: 'tool_search_tool_search_result',
        tool_references: [{ type: 'tool_reference', tool_name: 'plan' }],
      },
    },
    'plan',
  ],
  [{ type: 'mcp_tool_use', id: 's', name: 'lookup', server_name: 'x', input: { id: 7 } }, 'lookup'],
  [
    { type: 'mcp_tool_result', tool_use_id: 's', is_error: false, content: [{ type: 'text', text: 'found it' }] },
    'found it',
  ],
  [
    {
      type: 'search_result',
      title: 'T',
      source: 'https://b.example/',
      content: [{ type: 'text', text: 'body words' }],
    },
    'body words',
  ],
  [{ type: 'compaction', content: 'They fixed the parser.' }, 'They fixed the parser.'],
  [{ type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'inner words' }] } }, 'inner words'],
  [{ type: 'container_upload', file_id: 'file_1' }, null],
  [{ type: 'browser_state', tabs: [] }, null],
  [{ type: 'a_block_of_tomorrow', payload: 1 }, null],
];

describe.each<ConversationDialect>(['openai-chat', 'openai-responses'])('blocks of Messages, to %s', (to) => {
  test.each(blocks)('%j', (block, words) => {
    const role =
      block['type'] === 'document' || block['type'] === 'search_result' || block['type'] === 'container_upload'
        ? 'user'
        : 'assistant';
    const messages = [
      { role: 'user', content: 'hi' },
      { role, content: [block] },
      { role: 'user', content: 'go on' },
    ];
    const { body, notCarried } = translate('anthropic-messages', to, { messages });
    if (words === null) expect(notCarried).toContain(block['type']);
    else expect(JSON.stringify(body)).toContain(words);
    expect(JSON.stringify(body)).not.toContain('encrypted');
  });

  test('a tool that was found is named in the result, and is among the tools', () => {
    const { body } = translate('anthropic-messages', to, {
      tools: [{ name: 'ExitPlanMode', input_schema: { type: 'object' }, defer_loading: true }],
      messages: [
        { role: 'user', content: 'go' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'ToolSearch', input: {} }] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't', content: [{ type: 'tool_reference', tool_name: 'ExitPlanMode' }] },
          ],
        },
      ],
    });
    expect(JSON.stringify(body['tools'])).toContain('ExitPlanMode');
    expect(JSON.stringify(body['messages'] ?? body['input'])).toContain('ExitPlanMode');
  });
});

/** Items of Responses, likewise. */
const items: [JsonObject, string | null][] = [
  [{ type: 'web_search_call', id: 'w', status: 'completed', action: { type: 'search', query: 'sun' } }, 'sun'],
  [{ type: 'file_search_call', id: 'f', queries: ['q1'], results: [{ text: 'file words' }] }, 'file words'],
  [{ type: 'code_interpreter_call', id: 'c', code: 'print(6*7)', outputs: [{ type: 'logs', logs: '42' }] }, '42'],
  [{ type: 'computer_call', id: 'c', action: { type: 'click', x: 1 } }, 'click'],
  [{ type: 'local_shell_call', id: 'l', action: { type: 'exec', command: ['ls', '-la'] } }, '-la'],
  [{ type: 'local_shell_call_output', id: 'l', output: 'a.txt' }, 'a.txt'],
  [{ type: 'shell_call', call_id: 's', action: { commands: ['pwd'] } }, 'pwd'],
  [{ type: 'shell_call_output', call_id: 's', output: [{ stdout: '/home' }] }, '/home'],
  [{ type: 'apply_patch_call', call_id: 'p', operation: { type: 'update_file', path: 'a.ts' } }, 'a.ts'],
  [{ type: 'apply_patch_call_output', call_id: 'p', status: 'completed', output: 'patched' }, 'patched'],
  [{ type: 'mcp_call', id: 'm', name: 'lookup', arguments: '{"id":7}', output: 'found it' }, 'found it'],
  [{ type: 'mcp_approval_request', id: 'm', name: 'delete_all', arguments: '{}' }, 'delete_all'],
  [{ type: 'mcp_approval_response', approval_request_id: 'm', approve: false }, 'refused'],
  [{ type: 'tool_search_call', id: 't', arguments: { query: 'calendar' } }, 'calendar'],
  [
    {
      type: 'tool_search_output',
      id: 't',
      tools: [{ type: 'function', name: 'add_event', parameters: { type: 'object' } }],
    },
    'add_event',
  ],
  [{ type: 'compaction', encrypted_content: 'gAAAA' }, 'earlier part of this conversation'],
  [{ type: 'reasoning', id: 'r', summary: [], encrypted_content: 'gAAAA' }, null],
  [{ type: 'mcp_list_tools', id: 'l', server_label: 's', tools: [] }, null],
  [{ type: 'compaction_trigger' }, null],
  [{ type: 'an_item_of_tomorrow', payload: 1 }, null],
  [{ type: 'reasoning_of_another_kind', payload: 1 }, null],
];

describe.each<ConversationDialect>(['openai-chat', 'anthropic-messages'])('items of Responses, to %s', (to) => {
  test.each(items)('%j', (item, words) => {
    const { body, notCarried } = translate('openai-responses', to, {
      input: [{ role: 'user', content: 'hi' }, item, { role: 'user', content: 'go on' }],
    });
    if (words === null) expect(notCarried).toContain(item['type']);
    else expect(JSON.stringify(body)).toContain(words);
    expect(JSON.stringify(body)).not.toContain('gAAAA');
  });

  test('a picture that was made is shown', () => {
    const { body } = translate('openai-responses', to, {
      input: [
        { role: 'user', content: 'draw' },
        { type: 'image_generation_call', id: 'i', result: 'iVBORw0KGgo=' },
      ],
    });
    expect(JSON.stringify(body)).toContain('iVBORw0KGgo=');
  });

  test('tools that came along on the way are offered, and a call of one in a group comes back as the client knows it', () => {
    const request = {
      model: 'm',
      input: [
        {
          type: 'additional_tools',
          role: 'developer',
          tools: [{ type: 'namespace', name: 'functions', tools: [{ type: 'custom', name: 'exec' }] }],
        },
        { role: 'user', content: 'hi' },
      ],
    };
    const { body, tools } = translate('openai-responses', to, request);
    expect(JSON.stringify(body['tools'])).toContain('functions__exec');
    const context = { request, requestId: 'r', createdSeconds: 0, tools };
    const given = { input: 'text("hi")' };
    const reply =
      to === 'openai-chat'
        ? {
            choices: [
              {
                message: {
                  tool_calls: [{ id: 'c', function: { name: 'functions__exec', arguments: JSON.stringify(given) } }],
                },
                finish_reason: 'tool_calls',
              },
            ],
          }
        : { content: [{ type: 'tool_use', id: 'c', name: 'functions__exec', input: given }], stop_reason: 'tool_use' };
    expect(findTranslation('openai-responses', to)?.reply(reply, context).body['output']).toMatchObject([
      { type: 'custom_tool_call', name: 'exec', namespace: 'functions', input: 'text("hi")' },
    ]);
  });
});

describe('chat messages in shapes that are not the usual one', () => {
  test.each<ConversationDialect>(['anthropic-messages', 'openai-responses'])(
    'arguments as an object reach %s',
    (to) => {
      const messages = [
        { role: 'user', content: 'weather?' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'call_b', type: 'function', function: { name: 'get_weather', arguments: { city: 'Paris' } } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_b', content: { sky: 'sunny' } },
      ];
      const text = JSON.stringify(translate('openai-chat', to, { messages }).body);
      expect(text).toContain('Paris');
      expect(text).toContain('sunny');
    },
  );

  test('the older functions: a call and its result find each other', () => {
    const messages = [
      { role: 'user', content: 'weather?' },
      { role: 'assistant', content: null, function_call: { name: 'get_weather', arguments: '{"city":"Paris"}' } },
      { role: 'function', name: 'get_weather', content: 'sunny' },
    ];
    const { body } = translate('openai-chat', 'anthropic-messages', { messages });
    const ids = [...JSON.stringify(body).matchAll(/"(?:id|tool_use_id)":"([^"]+)"/g)].map(([, id]) => id);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  test('parts as plain strings and as Responses calls them', () => {
    const messages = [{ role: 'user', content: ['one', { type: 'input_text', text: 'two' }] }];
    expect(JSON.stringify(translate('openai-chat', 'anthropic-messages', { messages }).body)).toMatch(/one.*two/);
  });
});

describe('a picture that a model made', () => {
  const picture = { inlineData: { mimeType: 'image/png', data: 'TWFyaw==' } };
  const contents = [
    { role: 'user', parts: [{ text: 'Draw.' }] },
    { role: 'model', parts: [{ text: 'Here.' }, picture, { functionCall: { name: 'save', args: {} } }] },
    { role: 'user', parts: [{ functionResponse: { name: 'save', response: { output: 'saved' } } }, { text: 'More.' }] },
  ];

  test.each<ConversationDialect>(['openai-chat', 'openai-responses', 'anthropic-messages'])(
    'is shown by the user, after what was called with it, to %s',
    (to) => {
      const { body } = translate('gemini', to, { contents });
      const text = JSON.stringify(body['messages'] ?? body['input']);
      expect(text).toMatch(/Here\..*"save".*saved.*The assistant made this.*TWFyaw==.*More\./);
      const roles = [...text.matchAll(/"role":"(\w+)"/g)].map(([, role]) => role);
      expect(roles.filter((role) => role === 'assistant')).toHaveLength(1);
    },
  );
});
