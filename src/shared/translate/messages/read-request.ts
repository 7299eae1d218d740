import {
  asArray,
  asFlag,
  asLimit,
  asNumber,
  asObject,
  asText,
  type JsonObject,
  textOfAny,
} from '../../dialects/json-value.ts';
import {
  addToTurn,
  asEffort,
  cacheOf,
  type Conversation,
  type Effort,
  emptyConversation,
  type FilePart,
  type ImagePart,
  type OutputFormat,
  type Part,
  textOf,
  textPart,
  type TextPart,
  type Tool,
  type ToolChoice,
} from '../conversation.ts';
import { dataUrl } from '../data-url.ts';
import { refuse, type Report, reportUnknown } from '../report.ts';
import { hostedText } from './hosted-blocks.ts';
import { effortOfBudget } from '../thinking-budget.ts';

const known: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'max_tokens',
  'stream',
  'tools',
  'tool_choice',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'metadata',
  'thinking',
  'output_config',
  'output_format',
  'service_tier',
  'container',
  'mcp_servers',
  'compaction',
]);
const knownOfConfig: ReadonlySet<string> = new Set(['effort', 'format']);
const knownOfThinking: ReadonlySet<string> = new Set(['type', 'budget_tokens']);
const knownOfTool: ReadonlySet<string> = new Set([
  'name',
  'type',
  'description',
  'input_schema',
  'strict',
  'cache_control',
]);
/** The provider runs these itself; a conversation continues without them. */
const hostedTool = /^(web_search|web_fetch|code_execution|tool_search)/;

/** A Messages request. Throws `not_translatable` for what no other dialect can express. */
export function readMessagesRequest(body: JsonObject, report: Report): Conversation {
  if (body['container']) refuse('container', 'Containers exist with Anthropic only.');
  if (asArray(body['mcp_servers']).length > 0) refuse('mcp_servers', 'The MCP connector exists with Anthropic only.');
  if (asObject(body['thread'])?.['previous_message_id'])
    refuse('thread', 'Threads exist with Anthropic only: send the whole conversation in "messages".');
  if (body['compaction']) refuse('compaction', 'A compaction is sealed by Anthropic, and only its models read it.');
  reportUnknown(body, known, report);
  const conversation = emptyConversation();
  for (const [index, value] of asArray(body['messages']).entries()) {
    const message = asObject(value) ?? {};
    const { role } = message;
    if (role !== 'user' && role !== 'assistant' && role !== 'system')
      refuse(`messages[${index}].role`, 'A message is of the user, the assistant or the system.');
    addToTurn(
      conversation.turns,
      role === 'system' ? 'instructions' : role,
      readContent(message['content'], `messages[${index}]`, report),
    );
  }
  const choice = asObject(body['tool_choice']);
  const config = asObject(body['output_config']);
  const thinking = asObject(body['thinking']);
  reportUnknown(config, knownOfConfig, report, 'output_config.');
  reportUnknown(thinking, knownOfThinking, report, 'thinking.');
  return {
    ...conversation,
    model: asText(body['model']) ?? '',
    instructions: readTexts(body['system']),
    tools: asArray(body['tools']).flatMap((tool, index) => readTool(asObject(tool) ?? {}, index, choice, report)),
    toolChoice: readToolChoice(choice),
    isParallel: choice?.['disable_parallel_tool_use'] === true ? false : null,
    maxOutputTokens: asLimit(body['max_tokens']),
    temperature: asNumber(body['temperature']),
    topP: asNumber(body['top_p']),
    topK: asNumber(body['top_k']),
    stop: asArray(body['stop_sequences']).flatMap((stop) => asText(stop) ?? []),
    // The older name for it.
    format: readFormat(config?.['format'] ?? body['output_format']),
    effort: readEffort(thinking, config),
    userId: asText(asObject(body['metadata'])?.['user_id']),
    serviceTier: asText(body['service_tier']),
    isStream: body['stream'] === true,
  };
}

function readEffort(thinking: JsonObject | null, config: JsonObject | null): Effort | null {
  const effort = asEffort(config?.['effort']);
  if (thinking?.['type'] === 'disabled') return 'none';
  const budget = asLimit(thinking?.['budget_tokens']);
  return effort ?? (budget === null ? null : effortOfBudget(budget));
}

function readTexts(system: unknown): TextPart[] {
  if (typeof system === 'string') return system === '' ? [] : [textPart(system)];
  return asArray(system).flatMap((value) => {
    const block = asObject(value) ?? {};
    const text = asText(block['text']);
    return text === null ? [] : [textPart(text, cacheOf(block))];
  });
}

function readContent(content: unknown, at: string, report: Report): Part[] {
  if (typeof content === 'string') return content === '' ? [] : [textPart(content)];
  if (content !== null && content !== undefined && !Array.isArray(content)) return [textPart(textOfAny(content))];
  return asArray(content).flatMap((value, index) =>
    readBlock(asObject(value) ?? {}, `${at}.content[${index}]`, report),
  );
}

function readBlock(block: JsonObject, at: string, report: Report): Part[] {
  const cache = cacheOf(block);
  const context = asText(block['context']);
  // In documents and search results: the answer is to name its places in them.
  if (asObject(block['citations'])?.['enabled'] === true) report.leaveOut('citations');
  switch (block['type']) {
    case 'thinking':
    case 'redacted_thinking':
      // Only the model that produced a thought can use it.
      report.leaveOut('thinking');
      return [];
    case 'tool_use': {
      const [id, name] = [asText(block['id']), asText(block['name'])];
      if (id === null || name === null) return refuse(at, 'A tool_use block needs an id and a name.');
      return [{ kind: 'call', id, name, arguments: JSON.stringify(block['input'] ?? {}), isCustom: false, cache }];
    }
    case 'tool_result': {
      const callId = asText(block['tool_use_id']);
      if (callId === null) return refuse(at, 'A tool_result block needs the id of its call.');
      const parts = readContent(block['content'], at, report).filter(isContent);
      return [{ kind: 'result', callId, parts, isError: block['is_error'] === true, isCustom: false, cache }];
    }
    case 'text':
    case 'image':
      return [readContentBlock(block, at, report)];
    case 'document':
      return [...(context === null ? [] : [textPart(context)]), readContentBlock(block, at, report)];
    default:
      return readHostedBlock(block, report);
  }
}

/** The result of a provider's tool: as text, which every model reads; one without text is left out and reported. */
function readHostedBlock(block: JsonObject, report: Report): Part[] {
  const text = hostedText(block);
  if (text !== null) return [textPart(text, cacheOf(block))];
  report.leaveOut(asText(block['type']) ?? 'a block without a type');
  return [];
}

function isContent(part: Part): part is TextPart | ImagePart | FilePart {
  return part.kind === 'text' || part.kind === 'image' || part.kind === 'file';
}

function readContentBlock(block: JsonObject, at: string, report: Report): TextPart | ImagePart | FilePart {
  const cache = cacheOf(block);
  const source = asObject(block['source']);
  if (block['type'] === 'text') return textPart(asText(block['text']) ?? '', cache);
  if (block['type'] === 'image') return { kind: 'image', url: imageUrl(source, at), detail: null, cache };
  return { kind: 'file', name: asText(block['title']), content: fileContent(source, at, report), cache };
}

function imageUrl(source: JsonObject | null, at: string): string {
  const [data, url] = [asText(source?.['data']), asText(source?.['url'])];
  if (source?.['type'] === 'base64' && data !== null) return dataUrl(asText(source['media_type']) ?? 'image/png', data);
  return url ?? refuse(at, 'A picture that lies with a provider cannot be carried to another; send its data.');
}

function fileContent(source: JsonObject | null, at: string, report: Report): FilePart['content'] {
  const [data, url] = [asText(source?.['data']), asText(source?.['url'])];
  if (source?.['type'] === 'text' && data !== null) return { kind: 'text', text: data };
  if (source?.['type'] === 'base64' && data !== null)
    return { kind: 'data', mediaType: asText(source['media_type']) ?? 'application/pdf', base64: data };
  if (source?.['type'] === 'content') {
    const parts = readContent(source['content'], at, report);
    if (parts.some((part) => part.kind !== 'text')) report.leaveOut('pictures inside a document');
    return { kind: 'text', text: textOf(parts) };
  }
  return url === null
    ? refuse(at, 'A document that lies with a provider cannot be carried to another; send its data.')
    : { kind: 'url', url };
}

function readTool(tool: JsonObject, index: number, choice: JsonObject | null, report: Report): Tool[] {
  const name = asText(tool['name']);
  const type = asText(tool['type']);
  const schema = asObject(tool['input_schema']);
  if (name !== null && schema && (type === null || type === 'custom')) {
    reportUnknown(tool, knownOfTool, report, 'tools.');
    return [
      {
        name,
        description: asText(tool['description']),
        kind: { type: 'function', schema, isStrict: asFlag(tool['strict']) },
        cache: cacheOf(tool),
      },
    ];
  }
  const isForced = choice?.['type'] === 'tool' && choice['name'] === name;
  if (type === null || !hostedTool.test(type) || isForced) {
    return refuse(
      `tools[${index}]`,
      `The tool "${name ?? type ?? index}" exists with Anthropic only; this model is served by another provider.`,
    );
  }
  report.leaveOut(`tools.${name ?? type}`);
  return [];
}

function readToolChoice(choice: JsonObject | null): ToolChoice | null {
  const name = asText(choice?.['name']);
  if (choice?.['type'] === 'tool' && name !== null) return { kind: 'tool', name };
  const kind = choice?.['type'];
  return kind === 'auto' || kind === 'any' || kind === 'none' ? { kind } : null;
}

function readFormat(value: unknown): OutputFormat | null {
  const schema = asObject(asObject(value)?.['schema']);
  return schema && { kind: 'schema', name: null, description: null, schema, isStrict: true };
}
