import { asObject, type JsonObject, parseExactJson } from '../../dialects/json-value.ts';
import {
  type CallPart,
  type FilePart,
  type ImagePart,
  type Part,
  type ResultPart,
  type TextPart,
  textOfResult,
  type Turn,
} from '../conversation.ts';
import { wrapCustomInput } from '../custom-tools.ts';
import { readDataUrl } from '../data-url.ts';
import type { ModelLimits } from '../model-limits.ts';
import { refuse } from '../report.ts';

const beginning = { role: 'user', parts: [{ text: '(The conversation begins here.)' }] };

/** Turns as contents: the roles alternate, the user begins, and results follow their calls at once. */
export function writeContents(turns: readonly Turn[], limits: ModelLimits): JsonObject[] {
  const names = namesOfCalls(turns);
  const contents = turns.flatMap(({ role, parts }): JsonObject[] => {
    const written = role === 'assistant' ? writeModelParts(parts, limits) : writeUserParts(parts, names);
    return written.length === 0 ? [] : [{ role: role === 'assistant' ? 'model' : 'user', parts: written }];
  });
  // Needed even if there are only instructions.
  return contents[0]?.['role'] === 'user' ? contents : [beginning, ...contents];
}

/** A result names the function here, and not only the call. */
function namesOfCalls(turns: readonly Turn[]): ReadonlyMap<string, string> {
  const calls = turns.flatMap(({ parts }) => parts).filter((part) => part.kind === 'call');
  return new Map(calls.map(({ id, name }) => [id, name]));
}

/** With the signatures that the same model gave its calls. A newer model refuses a first call without one. */
function writeModelParts(parts: readonly Part[], { unsignedCall }: ModelLimits): JsonObject[] {
  const state = parts.flatMap((part) =>
    part.kind === 'state' && part.state.dialect === 'gemini' ? [part.state] : [],
  )[0];
  let calls = 0;
  return parts.flatMap((part): JsonObject[] => {
    if (part.kind === 'text' || part.kind === 'refusal') return part.text === '' ? [] : [{ text: part.text }];
    if (part.kind !== 'call') return [];
    const signature = state ? (state.signatures[calls] ?? null) : calls === 0 ? unsignedCall : null;
    calls += 1;
    return [{ functionCall: writeCall(part), ...(signature === null ? {} : { thoughtSignature: signature }) }];
  });
}

function writeCall({ id, name, arguments: text, isCustom }: CallPart): JsonObject {
  const input = isCustom ? wrapCustomInput(text) : text;
  const args = input.trim() === '' ? {} : asObject(parseExactJson(input));
  if (!args)
    return refuse(
      'tool_calls',
      `The arguments of the call "${id}" are not a JSON object, and this model takes nothing else.`,
    );
  return { id, name, args };
}

function writeUserParts(parts: readonly Part[], names: ReadonlyMap<string, string>): JsonObject[] {
  const results = parts.filter((part) => part.kind === 'result');
  return [
    ...results.map((part) => writeResult(part, names)),
    // Pictures and files of results stand beside them: only the newest models take them inside.
    ...results.flatMap((part) => part.parts.filter(({ kind }) => kind !== 'text').map(writePart)),
    ...parts.flatMap((part) =>
      part.kind === 'text' || part.kind === 'image' || part.kind === 'file' ? [writePart(part)] : [],
    ),
  ];
}

function writeResult({ callId, parts, isError }: ResultPart, names: ReadonlyMap<string, string>): JsonObject {
  const response = { [isError ? 'error' : 'output']: textOfResult(parts) };
  return { functionResponse: { id: callId, name: names.get(callId) ?? callId, response } };
}

function writePart(part: TextPart | ImagePart | FilePart): JsonObject {
  if (part.kind === 'text') return { text: part.text };
  if (part.kind === 'image') {
    const data = readDataUrl(part.url);
    return data
      ? inlineData(data.mediaType, data.base64)
      : { fileData: { mimeType: imageType(part.url), fileUri: part.url } };
  }
  const { content, name } = part;
  if (content.kind === 'text') return { text: name === null ? content.text : `${name}:\n${content.text}` };
  if (content.kind === 'url') return { fileData: { mimeType: 'application/pdf', fileUri: content.url } };
  return inlineData(content.mediaType, content.base64);
}

function inlineData(mimeType: string, data: string): JsonObject {
  return { inlineData: { mimeType, data } };
}

/** An address shows its type at most in its ending. */
function imageType(url: string): string {
  const ending = /\.(png|webp|gif|heic|heif)(?:[?#]|$)/i.exec(url)?.[1]?.toLowerCase();
  return `image/${ending ?? 'jpeg'}`;
}
