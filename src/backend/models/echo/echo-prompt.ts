import { asArray, asLimit, asObject, asText, type JsonObject } from '#shared/dialects/json-value.ts';

export interface EchoTool {
  name: string;
  schema: unknown;
}

/** A conversation as the echo model understands it, whichever dialect it came in. */
export interface EchoPrompt {
  model: string;
  /** Every text of the request: what its input tokens are counted from. */
  allText: string;
  lastUserText: string;
  /** The conversation ends with tool results. */
  toolResults: readonly string[];
  tools: readonly EchoTool[];
  /** `any`: some tool must be called; a name: that one. */
  toolChoice: { kind: 'auto' | 'none' | 'any' } | { kind: 'named'; name: string };
  /** JSON is wanted: its schema, or an empty one. */
  jsonSchema: unknown;
  wantsThinking: boolean;
  maxOutputTokens: number | null;
  choices: number;
  stops: readonly string[];
}

const maxChoices = 8;

export function readOpenAiPrompt(body: JsonObject): EchoPrompt {
  const messages = asArray(body['messages'])
    .map(asObject)
    .filter((message) => message !== null);
  const trailing = messages.slice(messages.findLastIndex((message) => message['role'] !== 'tool') + 1);
  return {
    model: asText(body['model']) ?? '',
    allText: joinTexts([...messages.map(textOfMessage), textOf(body['prompt']), toolText(body['tools'])]),
    lastUserText: textOf(body['prompt']) || lastTextOf(messages, 'user'),
    toolResults: trailing.map((message) => textOf(message['content'])),
    tools: asArray(body['tools']).flatMap((tool) => readTool(asObject(asObject(tool)?.['function']), 'parameters')),
    toolChoice: readOpenAiToolChoice(body['tool_choice']),
    jsonSchema: readResponseFormat(body['response_format']),
    wantsThinking: false,
    maxOutputTokens: asLimit(body['max_completion_tokens']) ?? asLimit(body['max_tokens']),
    choices: Math.min(asLimit(body['n']) ?? 1, maxChoices),
    stops: textsIn([body['stop']].flat()),
  };
}

export function readAnthropicPrompt(body: JsonObject): EchoPrompt {
  const messages = asArray(body['messages'])
    .map(asObject)
    .filter((message) => message !== null);
  const last = messages.at(-1);
  const results = asArray(last?.['content'])
    .map(asObject)
    .filter((block) => block?.['type'] === 'tool_result');
  const thinking = asObject(body['thinking'])?.['type'];
  return {
    model: asText(body['model']) ?? '',
    allText: joinTexts([textOf(body['system']), ...messages.map(textOfMessage), toolText(body['tools'])]),
    lastUserText: lastTextOf(messages, 'user'),
    toolResults: results.map((block) => textOf(block?.['content'])),
    tools: asArray(body['tools']).flatMap((tool) => readTool(asObject(tool), 'input_schema')),
    toolChoice: readAnthropicToolChoice(body['tool_choice']),
    jsonSchema: asObject(asObject(body['output_config'])?.['format'])?.['schema'] ?? null,
    wantsThinking: thinking === 'enabled' || thinking === 'adaptive',
    maxOutputTokens: asLimit(body['max_tokens']),
    choices: 1,
    stops: textsIn(asArray(body['stop_sequences'])),
  };
}

function textsIn(values: readonly unknown[]): string[] {
  return values.map(asText).filter((text) => text !== null);
}

/** The text of a string, of content parts, or of nested tool results; images and files have none. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  const parts = asArray(content);
  return joinTexts(
    parts.map((part) =>
      typeof part === 'string' ? part : (asText(asObject(part)?.['text']) ?? textOf(asObject(part)?.['content'])),
    ),
  );
}

function joinTexts(texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join('\n');
}

function textOfMessage(message: JsonObject): string {
  const calls = message['tool_calls'] === undefined ? '' : JSON.stringify(message['tool_calls']);
  return textOf(message['content']) + calls;
}

function toolText(tools: unknown): string {
  return asArray(tools).length === 0 ? '' : JSON.stringify(tools);
}

/** The last message of a role that has text: a tool result alone is not what the person asked. */
function lastTextOf(messages: readonly JsonObject[], role: string): string {
  const texts = messages.filter((message) => message['role'] === role).map((message) => ownWords(message['content']));
  return texts.findLast((text) => text !== '') ?? '';
}

function ownWords(content: unknown): string {
  if (!Array.isArray(content)) return textOf(content);
  return textOf(content.filter((part) => asObject(part)?.['type'] !== 'tool_result'));
}

function readTool(tool: JsonObject | null, schemaMember: string): EchoTool[] {
  const name = asText(tool?.['name']);
  return name === null ? [] : [{ name, schema: tool?.[schemaMember] ?? {} }];
}

function readOpenAiToolChoice(choice: unknown): EchoPrompt['toolChoice'] {
  if (choice === 'none') return { kind: 'none' };
  if (choice === 'required') return { kind: 'any' };
  const name = asText(asObject(asObject(choice)?.['function'])?.['name']);
  return name === null ? { kind: 'auto' } : { kind: 'named', name };
}

function readAnthropicToolChoice(value: unknown): EchoPrompt['toolChoice'] {
  const choice = asObject(value);
  const name = asText(choice?.['name']);
  if (choice?.['type'] === 'none') return { kind: 'none' };
  if (choice?.['type'] === 'any') return { kind: 'any' };
  return choice?.['type'] === 'tool' && name !== null ? { kind: 'named', name } : { kind: 'auto' };
}

function readResponseFormat(value: unknown): unknown {
  const format = asObject(value);
  if (format?.['type'] === 'json_schema') return asObject(format['json_schema'])?.['schema'] ?? {};
  return format?.['type'] === 'json_object' ? { type: 'object', properties: { answer: { type: 'string' } } } : null;
}
