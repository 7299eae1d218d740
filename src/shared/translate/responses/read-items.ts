import { asArray, asObject, asText, type JsonObject, textOfAny } from '../../dialects/json-value.ts';
import {
  addInstructions,
  addToTurn,
  type ContentPart,
  type Conversation,
  type FilePart,
  type Part,
  textPart,
} from '../conversation.ts';
import { readFileData } from '../data-url.ts';
import { refuse, type Report } from '../report.ts';
import { readHostedItem } from './hosted-items.ts';
import { flatName } from './namespaces.ts';

export const noState =
  'This model is served by an upstream that keeps no conversations: send the whole of it in "input".';

/** One item of a Responses request's input. Throws `not_translatable`. */
export function readItem(item: JsonObject, at: string, conversation: Conversation, report: Report): void {
  const { turns } = conversation;
  const type = asText(item['type']) ?? 'message';
  if (type === 'message') return readMessage(item, at, conversation);
  if (type === 'function_call' || type === 'custom_tool_call')
    return addToTurn(turns, 'assistant', [readCall(item, at, type === 'custom_tool_call')]);
  if (type === 'function_call_output' || type === 'custom_tool_call_output')
    return addToTurn(turns, 'user', [readResult(item, at, type.startsWith('custom'))]);
  if (type === 'item_reference') return refuse(at, noState);
  // Its tools are among the request's.
  if (type === 'additional_tools') return;
  const hosted = readHostedItem(type, item);
  if (hosted?.role === 'instructions') addInstructions(conversation, hosted.parts);
  else if (hosted) addToTurn(turns, hosted.role, hosted.parts);
  if (!hosted || type.startsWith('compaction')) report.leaveOut(type);
}

function readMessage(item: JsonObject, at: string, conversation: Conversation): void {
  const parts = readContent(item['content'], at);
  const role = item['role'];
  if (role === 'user' || role === 'assistant') return addToTurn(conversation.turns, role, parts);
  if (role !== 'system' && role !== 'developer')
    return refuse(`${at}.role`, `A message of the role "${String(role)}" cannot be carried into another dialect.`);
  addInstructions(conversation, parts);
}

function readCall(item: JsonObject, at: string, isCustom: boolean): Part {
  const [id, ownName] = [asText(item['call_id']), asText(item['name'])];
  if (id === null || ownName === null) return refuse(at, 'A tool call needs a call_id and a name.');
  const name = flatName(asText(item['namespace']), ownName);
  return {
    kind: 'call',
    id,
    name,
    arguments: textOfAny(item[isCustom ? 'input' : 'arguments']),
    isCustom,
    cache: null,
  };
}

function readResult(item: JsonObject, at: string, isCustom: boolean): Part {
  const callId = asText(item['call_id']);
  if (callId === null) return refuse(at, 'The output of a tool needs the call_id of its call.');
  const parts = readContent(item['output'], at).filter((part) => part.kind !== 'refusal');
  return { kind: 'result', callId, parts, isError: false, isCustom, cache: null };
}

function readContent(content: unknown, at: string): ContentPart[] {
  if (typeof content === 'string') return content === '' ? [] : [textPart(content)];
  if (content !== null && content !== undefined && !Array.isArray(content)) return [textPart(textOfAny(content))];
  return asArray(content).map((part, index) =>
    typeof part === 'string' ? textPart(part) : readPart(asObject(part) ?? {}, `${at}.content[${index}]`),
  );
}

function readPart(part: JsonObject, at: string): ContentPart {
  switch (part['type']) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return textPart(asText(part['text']) ?? '');
    case 'refusal':
      return { kind: 'refusal', text: asText(part['refusal']) ?? '' };
    case 'input_image': {
      const url = asText(part['image_url']);
      if (url === null)
        return refuse(at, 'A picture that lies with a provider cannot be carried to another; send its data.');
      return { kind: 'image', url, detail: asText(part['detail']), cache: null };
    }
    case 'input_file':
      return readFile(part, at);
    default:
      return refuse(at, `A part of the type "${String(part['type'])}" cannot be carried into another dialect.`);
  }
}

function readFile(part: JsonObject, at: string): FilePart {
  const [data, url] = [asText(part['file_data']), asText(part['file_url'])];
  const name = asText(part['filename']);
  if (url !== null) return { kind: 'file', name, content: { kind: 'url', url }, cache: null };
  if (data === null) return refuse(at, 'A file that lies with a provider cannot be carried to another; send its data.');
  return { kind: 'file', name, content: readFileData(data), cache: null };
}
