import { asArray, asObject, type JsonObject } from '#shared/dialects/json-value.ts';

/** What a model reads of a request, apart from pictures and sound. */
export interface PromptTexts {
  /** What the request before it had too, where there was one: a prompt cache may have it. */
  prefix: string[];
  /** What its newest turn added: the last answer and what came after it. */
  added: string[];
  /** Messages in each of them. */
  prefixMessages: number;
  addedMessages: number;
}

/** Members that no model reads as text: ids, kinds, markers, and data of pictures, sound and files. */
const unread: ReadonlySet<string> = new Set([
  'type',
  'id',
  'call_id',
  'tool_call_id',
  'tool_use_id',
  'role',
  'status',
  'cache_control',
  'signature',
  'thoughtSignature',
  'thought_signature',
  'encrypted_content',
  'detail',
  'media_type',
  'mimeType',
  'mime_type',
  'data',
  'url',
  'image_url',
  'file_data',
  'file_id',
  'fileUri',
  'format',
]);
/** What stands before the conversation. */
const leading = ['tools', 'system', 'instructions', 'systemInstruction', 'system_instruction'] as const;
const histories = ['messages', 'input', 'contents', 'prompt', 'content'] as const;
const instructing: ReadonlySet<unknown> = new Set(['system', 'developer']);
/** Kinds of Responses items that a model left. */
const leftByModel: ReadonlySet<unknown> = new Set(['reasoning', 'function_call', 'custom_tool_call']);

/** The texts of a request body of any dialect that is read here. Pure; what it does not know it takes for text. */
export function promptTexts(body: JsonObject): PromptTexts {
  const prefix = leading.flatMap((name) => (name === 'tools' ? asArray(body[name]).map(jsonOf) : textsIn(body[name])));
  const history = histories.map((name) => body[name]).find((value) => value !== undefined);
  if (!Array.isArray(history)) {
    return { prefix, added: textsIn(history), prefixMessages: 0, addedMessages: history === undefined ? 0 : 1 };
  }
  const newest = startOfNewest(history);
  const before = history.slice(0, newest);
  return {
    prefix: [...prefix, ...before.flatMap(textsIn)],
    added: history.slice(newest).flatMap(textsIn),
    prefixMessages: before.length,
    addedMessages: history.length - newest,
  };
}

/** Where the model's last answer begins; where it has not answered yet, what comes after the instructions. */
function startOfNewest(history: readonly unknown[]): number {
  let start = history.findLastIndex(isOfModel);
  while (start > 0 && isOfModel(history[start - 1])) start -= 1;
  if (start >= 0) return start;
  const first = history.findIndex((element) => !instructing.has(asObject(element)?.['role']));
  return first === -1 ? history.length : first;
}

function isOfModel(element: unknown): boolean {
  const { role, type } = asObject(element) ?? {};
  return role === 'assistant' || role === 'model' || (role === undefined && leftByModel.has(type));
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return Object.entries(asObject(value) ?? {}).flatMap(([name, member]) => {
    if (unread.has(name)) return [];
    // The arguments of a call are JSON to the model, with their names.
    if ((name === 'input' || name === 'args') && asObject(member)) return [jsonOf(member)];
    return textsIn(member);
  });
}

function jsonOf(value: unknown): string {
  return JSON.stringify(value) ?? '';
}
