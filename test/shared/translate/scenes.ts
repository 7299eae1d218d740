import type { JsonObject } from '#shared/dialects/json-value.ts';
import type { UpstreamDialect } from '#shared/domain/dialect.ts';

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const closed = { ...schema, additionalProperties: false };
const pixel = 'iVBORw0KGgo=';

/** What a tool of each dialect sends: everything that a coding agent's turn is made of. */
export const requests: Readonly<Record<UpstreamDialect, JsonObject>> = {
  'openai-chat': {
    model: 'some-model',
    max_completion_tokens: 900,
    temperature: 0.4,
    user: 'user-1',
    stream: true,
    stream_options: { include_usage: true },
    parallel_tool_calls: false,
    tool_choice: 'auto',
    tools: [{ type: 'function', function: { name: 'weather', description: 'The weather', parameters: schema } }],
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: closed, strict: true } },
    messages: [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this, and the weather in Graz and Zürich?' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel}` } },
        ],
      },
      {
        role: 'assistant',
        content: 'Let me see.',
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Graz"}' } },
          { id: 'call_2', type: 'function', function: { name: 'weather', arguments: '{"city":"Zürich"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'Rain' },
      { role: 'tool', tool_call_id: 'call_2', content: 'Sun' },
      { role: 'user', content: 'Go on.' },
    ],
  },
  'openai-responses': {
    model: 'some-model',
    instructions: 'Be brief.',
    max_output_tokens: 900,
    stream: true,
    store: false,
    include: ['reasoning.encrypted_content'],
    reasoning: { effort: 'medium', summary: 'auto' },
    prompt_cache_key: 'session-1',
    tool_choice: 'auto',
    parallel_tool_calls: true,
    text: { verbosity: 'low' },
    tools: [
      { type: 'function', name: 'shell', description: 'Runs a command', strict: false, parameters: schema },
      { type: 'custom', name: 'apply_patch', description: 'Edits files' },
      { type: 'web_search' },
    ],
    input: [
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'You are a coding agent.' }] },
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'Fix it.' },
          { type: 'input_image', image_url: 'https://a.example/a.png', detail: 'auto' },
        ],
      },
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm' }], encrypted_content: 'opaque' },
      { type: 'function_call', call_id: 'call_1', name: 'shell', arguments: '{"city":"Graz"}' },
      { type: 'custom_tool_call', call_id: 'call_2', name: 'apply_patch', input: '*** Begin Patch' },
      { type: 'function_call_output', call_id: 'call_1', output: 'done' },
      { type: 'custom_tool_call_output', call_id: 'call_2', output: 'patched' },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Go on.' }] },
    ],
  },
  'anthropic-messages': {
    model: 'some-model',
    max_tokens: 900,
    stream: true,
    thinking: { type: 'enabled', budget_tokens: 8000 },
    metadata: { user_id: 'user-1' },
    stop_sequences: [],
    tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    system: [{ type: 'text', text: 'You are a coding agent.', cache_control: { type: 'ephemeral' } }],
    tools: [
      { name: 'Bash', description: 'Runs a command', input_schema: schema },
      { type: 'web_search_20250305', name: 'web_search' },
    ],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Fix it.' },
          {
            type: 'document',
            title: 'Notes',
            source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
          },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm', signature: 'opaque' },
          { type: 'text', text: 'Let me see.' },
          { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { city: 'Graz' } },
          { type: 'tool_use', id: 'toolu_2', name: 'Bash', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'toolu_1',
            content: [{ type: 'text', text: 'no such file' }],
            is_error: true,
          },
          {
            type: 'tool_result',
            tool_use_id: 'toolu_2',
            content: [
              { type: 'text', text: 'a picture' },
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel } },
            ],
          },
          { type: 'text', text: 'Go on.', cache_control: { type: 'ephemeral' } },
        ],
      },
    ],
  },
  gemini: {
    model: 'some-model',
    stream: true,
    systemInstruction: { parts: [{ text: 'You are a coding agent.' }] },
    tools: [
      {
        functionDeclarations: [
          {
            name: 'shell',
            description: 'Runs a command',
            parameters: {
              type: 'OBJECT',
              properties: {
                city: { type: 'STRING', nullable: true },
                days: { type: 'ARRAY', items: { type: 'INTEGER' }, minItems: '1' },
              },
            },
          },
        ],
      },
      { googleSearch: {} },
    ],
    toolConfig: { functionCallingConfig: { mode: 'AUTO' } },
    safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
    generationConfig: {
      maxOutputTokens: 900,
      temperature: 0.4,
      topP: 0.9,
      topK: 40,
      seed: 7,
      thinkingConfig: { includeThoughts: true, thinkingBudget: 8192 },
    },
    contents: [
      { role: 'user', parts: [{ text: 'Fix it.' }, { inlineData: { mimeType: 'image/png', data: pixel } }] },
      {
        role: 'model',
        parts: [
          { text: 'Hm', thought: true },
          { text: 'Let me see.' },
          { functionCall: { id: 'call_1', name: 'shell', args: { city: 'Graz' } }, thoughtSignature: 'b3BhcXVl' },
          { functionCall: { name: 'shell', args: {} } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { id: 'call_1', name: 'shell', response: { error: 'no such file' } } },
          { functionResponse: { name: 'shell', response: { rain: true } } },
          { text: 'Go on.' },
        ],
      },
    ],
  },
};

/** What an upstream of each dialect answers: a thought, words, two calls, usage with a cache. */
export const replies: Readonly<Record<UpstreamDialect, JsonObject>> = {
  'openai-chat': {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 7,
    model: 'served-model',
    choices: [
      {
        index: 0,
        finish_reason: 'tool_calls',
        message: {
          role: 'assistant',
          reasoning_content: 'Hm',
          content: 'Let me see.',
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Graz"}' } },
            { id: 'call_2', type: 'function', function: { name: 'weather', arguments: '{"city":"Zürich"}' } },
          ],
        },
      },
    ],
    usage: {
      prompt_tokens: 100,
      completion_tokens: 30,
      total_tokens: 130,
      prompt_tokens_details: { cached_tokens: 80 },
      completion_tokens_details: { reasoning_tokens: 10 },
    },
  },
  'openai-responses': {
    id: 'resp_1',
    object: 'response',
    created_at: 7,
    model: 'served-model',
    status: 'completed',
    output: [
      { id: 'rs_1', type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }], encrypted_content: 'opaque' },
      {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'Let me see.', annotations: [] }],
      },
      {
        id: 'fc_1',
        type: 'function_call',
        status: 'completed',
        call_id: 'call_1',
        name: 'weather',
        arguments: '{"city":"Graz"}',
      },
      {
        id: 'fc_2',
        type: 'function_call',
        status: 'completed',
        call_id: 'call_2',
        name: 'weather',
        arguments: '{"city":"Zürich"}',
      },
    ],
    usage: {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 80 },
      output_tokens: 30,
      output_tokens_details: { reasoning_tokens: 10 },
      total_tokens: 130,
    },
  },
  'anthropic-messages': {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'served-model',
    content: [
      { type: 'thinking', thinking: 'Hm', signature: 'opaque' },
      { type: 'text', text: 'Let me see.' },
      { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Graz' } },
      { type: 'tool_use', id: 'toolu_2', name: 'weather', input: { city: 'Zürich' } },
    ],
    stop_reason: 'tool_use',
    stop_sequence: null,
    usage: {
      input_tokens: 20,
      cache_read_input_tokens: 80,
      cache_creation_input_tokens: 0,
      output_tokens: 30,
      output_tokens_details: { thinking_tokens: 10 },
    },
  },
  gemini: {
    candidates: [
      {
        index: 0,
        finishReason: 'STOP',
        content: {
          role: 'model',
          parts: [
            { text: 'Hm', thought: true },
            { text: 'Let me see.' },
            { functionCall: { id: 'call_1', name: 'weather', args: { city: 'Graz' } }, thoughtSignature: 'b3BhcXVl' },
            { functionCall: { name: 'weather', args: { city: 'Zürich' } } },
          ],
        },
      },
    ],
    usageMetadata: {
      promptTokenCount: 90,
      cachedContentTokenCount: 80,
      toolUsePromptTokenCount: 10,
      candidatesTokenCount: 20,
      thoughtsTokenCount: 10,
      totalTokenCount: 130,
    },
    modelVersion: 'served-model',
    responseId: 'answer-1',
  },
};

const chunk = (delta: JsonObject, finish: string | null = null): JsonObject => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 7,
  model: 'served-model',
  choices: [{ index: 0, delta, finish_reason: finish }],
});
const callPiece = (index: number, piece: JsonObject): JsonObject => chunk({ tool_calls: [{ index, ...piece }] });

function geminiChunk(parts: readonly JsonObject[], more: JsonObject = {}): JsonObject {
  return {
    candidates: [{ content: { role: 'model', parts }, index: 0, ...more }],
    usageMetadata: { promptTokenCount: 90, totalTokenCount: 100 },
    modelVersion: 'served-model',
    responseId: 'answer-1',
  };
}

/** The same answers as streams; the chat one sends the arguments of both calls in turns. */
export const streams: Readonly<Record<UpstreamDialect, readonly JsonObject[]>> = {
  'openai-chat': [
    chunk({ role: 'assistant', content: '' }),
    chunk({ reasoning_content: 'Hm' }),
    chunk({ content: 'Let me ' }),
    chunk({ content: 'see.' }),
    callPiece(0, { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } }),
    callPiece(1, { id: 'call_2', type: 'function', function: { name: 'weather', arguments: '{"city":' } }),
    callPiece(0, { function: { arguments: '{"city":"Graz"}' } }),
    callPiece(1, { function: { arguments: '"Zürich"}' } }),
    chunk({}, 'tool_calls'),
    { ...chunk({}), choices: [], usage: replies['openai-chat']['usage'] },
  ],
  'openai-responses': [
    {
      type: 'response.created',
      sequence_number: 0,
      response: { id: 'resp_1', model: 'served-model', status: 'in_progress' },
    },
    { type: 'response.output_item.added', output_index: 0, item: { id: 'rs_1', type: 'reasoning', summary: [] } },
    { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index: 0, delta: 'Hm' },
    {
      type: 'response.output_item.done',
      output_index: 0,
      item: { id: 'rs_1', type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }] },
    },
    {
      type: 'response.output_item.added',
      output_index: 1,
      item: { id: 'msg_1', type: 'message', role: 'assistant', content: [] },
    },
    { type: 'response.output_text.delta', output_index: 1, content_index: 0, delta: 'Let me ' },
    { type: 'response.output_text.delta', output_index: 1, content_index: 0, delta: 'see.' },
    {
      type: 'response.output_item.done',
      output_index: 1,
      item: { id: 'msg_1', type: 'message', content: [{ type: 'output_text', text: 'Let me see.' }] },
    },
    {
      type: 'response.output_item.added',
      output_index: 2,
      item: { id: 'fc_1', type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '' },
    },
    { type: 'response.function_call_arguments.delta', output_index: 2, delta: '{"city":"Graz"}' },
    {
      type: 'response.output_item.done',
      output_index: 2,
      item: { id: 'fc_1', type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Graz"}' },
    },
    {
      type: 'response.output_item.added',
      output_index: 3,
      item: { id: 'fc_2', type: 'function_call', call_id: 'call_2', name: 'weather', arguments: '' },
    },
    {
      type: 'response.output_item.done',
      output_index: 3,
      item: { id: 'fc_2', type: 'function_call', call_id: 'call_2', name: 'weather', arguments: '{"city":"Zürich"}' },
    },
    { type: 'response.completed', sequence_number: 13, response: replies['openai-responses'] },
  ],
  'anthropic-messages': [
    {
      type: 'message_start',
      message: {
        ...replies['anthropic-messages'],
        content: [],
        stop_reason: null,
        usage: { input_tokens: 20, cache_read_input_tokens: 80, output_tokens: 1 },
      },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Hm' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'opaque' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
    { type: 'ping' },
    { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Let me see.' } },
    { type: 'content_block_stop', index: 1 },
    {
      type: 'content_block_start',
      index: 2,
      content_block: { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} },
    },
    { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"city":"Graz"}' } },
    { type: 'content_block_stop', index: 2 },
    {
      type: 'content_block_start',
      index: 3,
      content_block: { type: 'tool_use', id: 'toolu_2', name: 'weather', input: {} },
    },
    { type: 'content_block_delta', index: 3, delta: { type: 'input_json_delta', partial_json: '{"city":"Zürich"}' } },
    { type: 'content_block_stop', index: 3 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'tool_use', stop_sequence: null },
      usage: { output_tokens: 30, output_tokens_details: { thinking_tokens: 10 } },
    },
    { type: 'message_stop' },
  ],
  gemini: [
    geminiChunk([{ text: 'Hm', thought: true }]),
    geminiChunk([{ text: 'Let me ' }]),
    geminiChunk([{ text: 'see.' }]),
    geminiChunk([
      { functionCall: { id: 'call_1', name: 'weather', args: { city: 'Graz' } }, thoughtSignature: 'b3BhcXVl' },
    ]),
    geminiChunk([{ functionCall: { name: 'weather', args: { city: 'Zürich' } } }]),
    { ...geminiChunk([{ text: '' }], { finishReason: 'STOP' }), usageMetadata: replies.gemini['usageMetadata'] },
  ],
};
