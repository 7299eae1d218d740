import { type Samples, toolOf, tools } from './sample.ts';

const anyOf = [{ required: ['Mark'] }];
const schema = { type: 'object', properties: {}, anyOf };
const closed = { ...toolOf.parameters, additionalProperties: false };
const named = 'Mark';

/** Tools and their choice. Every request has the function `read` beside what the sample adds. */
export const ofTools: Samples = {
  'function with a schema': {
    chat: { tools: [{ type: 'function', function: { name: named, parameters: { type: 'object', properties: {} } } }] },
    Responses: { tools: [{ type: 'function', name: named, parameters: { type: 'object', properties: {} } }] },
    Messages: { tools: [{ name: named, input_schema: { type: 'object' } }] },
    Gemini: { tools: [{ functionDeclarations: [{ name: named, parameters: { type: 'OBJECT' } }] }] },
    Ollama: { tools: [{ type: 'function', function: { name: named, parameters: { type: 'object' } } }] },
  },
  'alternatives at the top of a schema': {
    chat: { tools: [{ type: 'function', function: { name: 'read', parameters: schema } }] },
    Responses: { tools: [{ type: 'function', name: 'read', parameters: schema }] },
    Messages: { tools: [{ name: 'read', input_schema: schema }] },
    Gemini: { tools: [{ functionDeclarations: [{ name: 'read', parametersJsonSchema: schema }] }] },
    Ollama: { tools: [{ type: 'function', function: { name: 'read', parameters: schema } }] },
  },
  'that a schema is strict': {
    chat: { tools: [{ type: 'function', function: { name: 'read', parameters: closed, strict: true } }] },
    Responses: { tools: [{ type: 'function', name: 'read', parameters: closed, strict: true }] },
    Messages: { tools: [{ name: 'read', input_schema: closed, strict: true }] },
    without: {
      chat: { tools: [{ type: 'function', function: { name: 'read', parameters: closed } }] },
      Responses: { tools: [{ type: 'function', name: 'read', parameters: closed }] },
      Messages: { tools: [{ name: 'read', input_schema: closed }] },
    },
  },
  'example of a call, or a member of an unknown name, of a tool': {
    chat: { tools: [{ type: 'function', function: { ...toolOf, of_tomorrow: named } }] },
    Responses: { tools: [{ type: 'function', ...toolOf, of_tomorrow: named }] },
    Messages: { tools: [{ name: 'read', input_schema: toolOf.parameters, input_examples: [{ path: named }] }] },
    Gemini: {
      tools: [{ functionDeclarations: [{ name: 'read', parametersJsonSchema: toolOf.parameters, ofTomorrow: named }] }],
    },
  },
  'tool that takes bare text': {
    chat: { tools: [{ type: 'custom', custom: { name: named } }] },
    Responses: { tools: [{ type: 'custom', name: named }] },
  },
  'group of tools (namespace)': {
    Responses: { tools: [{ type: 'namespace', name: 'group', tools: [{ type: 'function', name: named }] }] },
  },
  'tools that come along in the input': {
    Responses: {
      input: [
        { role: 'user', content: 'hi' },
        { type: 'additional_tools', tools: [{ type: 'function', name: named }] },
      ],
    },
  },
  'web search and other hosted tools': {
    Responses: { tools: [...tools.Responses, { type: 'web_search' }] },
    Messages: { tools: [...tools.Messages, { type: 'web_search_20250305', name: 'web_search' }] },
    Gemini: { tools: [...tools.Gemini, { googleSearch: {} }] },
  },
  'hosted tool that must be called': {
    Responses: { tools: [...tools.Responses, { type: 'web_search' }], tool_choice: { type: 'web_search' } },
    Messages: {
      tools: [...tools.Messages, { type: 'web_search_20250305', name: 'web_search' }],
      tool_choice: { type: 'tool', name: 'web_search' },
    },
  },
  'tool of the provider that the client runs (computer, shell, editor)': {
    Responses: { tools: [...tools.Responses, { type: 'local_shell' }] },
    Messages: { tools: [...tools.Messages, { type: 'bash_20250124', name: 'bash' }] },
  },
  'MCP server that the provider calls': {
    Responses: { tools: [...tools.Responses, { type: 'mcp', server_label: 's', server_url: 'https://m.example' }] },
    Messages: { mcp_servers: [{ type: 'url', url: 'https://m.example', name: 's' }] },
  },
  'older functions (`functions`)': { chat: { functions: [{ name: 'read' }] } },
  'choice: none, or any': {
    chat: { tool_choice: 'required' },
    Responses: { tool_choice: 'required' },
    Messages: { tool_choice: { type: 'any' } },
    Gemini: { toolConfig: { functionCallingConfig: { mode: 'ANY' } } },
  },
  'choice: one tool': {
    chat: { tool_choice: { type: 'function', function: { name: 'read' } } },
    Responses: { tool_choice: { type: 'function', name: 'read' } },
    Messages: { tool_choice: { type: 'tool', name: 'read' } },
    Gemini: { toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['read'] } } },
  },
  'choice: some of the tools': {
    chat: {
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'read' } }] },
      },
    },
    Responses: { tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'read' }] } },
    Gemini: { toolConfig: { functionCallingConfig: { mode: 'AUTO', allowedFunctionNames: ['read'] } } },
  },
  'one call at a time': {
    without: { Messages: { tool_choice: { type: 'auto' } } },
    chat: { parallel_tool_calls: false },
    Responses: { parallel_tool_calls: false },
    Messages: { tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
  },
};
