import { asArray, asObject, asText, type JsonObject, textOfAny } from '../../dialects/json-value.ts';
import { type FilePart, type ImagePart, type Part, type ResultPart, textPart, type TextPart } from '../conversation.ts';
import { dataUrl } from '../data-url.ts';
import { refuse, type Report } from '../report.ts';
import { memberOf } from './member.ts';

/** Calls that wait for their results, oldest first. */
export interface OpenCall {
  id: string;
  name: string;
}

/** A part of a turn: one of several things, each under a member of its own. null: nothing to carry. */
export function readPart(part: JsonObject, at: string, report: Report): TextPart | ImagePart | FilePart | null {
  if (part['thought'] === true) {
    // Only the model that produced a thought can use it.
    report.leaveOut('thoughts');
    return null;
  }
  const text = part['text'];
  if (typeof text === 'string') return text === '' ? null : textPart(text);
  const inline = asObject(memberOf(part, 'inlineData'));
  if (inline) return readInlineData(inline, at);
  const file = asObject(memberOf(part, 'fileData'));
  if (file) return readFileData(file, at);
  const code = asObject(memberOf(part, 'executableCode'));
  if (code) return textPart(codeText(code));
  const ran = asObject(memberOf(part, 'codeExecutionResult'));
  if (ran) return textPart(outputText(ran));
  const names = Object.keys(part).filter((name) => !besideContent.has(name));
  if (names.length > 0) report.leaveOut(`parts.${names.join(', ')}`);
  return null;
}

const besideContent: ReadonlySet<string> = new Set([
  'thoughtSignature',
  'thought_signature',
  'videoMetadata',
  'video_metadata',
  'text',
  'thought',
]);

export function codeText(code: JsonObject): string {
  return `\`\`\`${(asText(code['language']) ?? '').toLowerCase()}\n${asText(code['code']) ?? ''}\n\`\`\``;
}

export function outputText(result: JsonObject): string {
  return `[Output]\n${asText(result['output']) ?? asText(result['outcome']) ?? ''}`;
}

function readInlineData(inline: JsonObject, at: string): ImagePart | FilePart {
  const base64 = asText(inline['data']);
  if (base64 === null) return refuse(at, 'A part with "inlineData" needs its data.');
  const mediaType = asText(memberOf(inline, 'mimeType')) ?? 'application/pdf';
  refuseSound(mediaType, at);
  if (mediaType.startsWith('image/'))
    return { kind: 'image', url: dataUrl(mediaType, base64), detail: null, cache: null };
  const name = asText(memberOf(inline, 'displayName'));
  return { kind: 'file', name, content: { kind: 'data', mediaType, base64 }, cache: null };
}

/** Files that lie with Google are only there. */
const withGoogle = /^gs:|^https:\/\/generativelanguage\.googleapis\.com\//;

function readFileData(file: JsonObject, at: string): ImagePart | FilePart {
  const url = asText(memberOf(file, 'fileUri'));
  const mediaType = asText(memberOf(file, 'mimeType')) ?? '';
  if (url === null || withGoogle.test(url))
    return refuse(at, 'A file that lies with a provider cannot be carried to another; send its data.');
  refuseSound(mediaType, at);
  if (mediaType.startsWith('image/')) return { kind: 'image', url, detail: null, cache: null };
  return { kind: 'file', name: null, content: { kind: 'url', url }, cache: null };
}

function refuseSound(mediaType: string, at: string): void {
  if (/^(audio|video)\//.test(mediaType))
    refuse(at, 'Sound and video cannot be carried into the dialect of this model.');
}

/** @param fallbackId for clients that give no id; the same in every later request of the conversation */
export function readCall(call: JsonObject, fallbackId: string, at: string): Part & { kind: 'call' } {
  const name = asText(call['name']);
  if (name === null) return refuse(at, 'A functionCall needs a name.');
  const id = asText(call['id']) ?? fallbackId;
  return { kind: 'call', id, name, arguments: JSON.stringify(call['args'] ?? {}), isCustom: false, cache: null };
}

/** Members in which functions usually put a result that is text. */
const textMembers = ['output', 'result', 'content'] as const;

/** The result of a call: found by its id, or by its name among those that are open. */
export function readResult(given: JsonObject, open: OpenCall[], at: string, report: Report): Part {
  const name = asText(given['name']);
  const id = asText(given['id']);
  const found = open.findIndex((call) => (id === null ? call.name === name : call.id === id));
  const [call] = found === -1 ? [] : open.splice(found, 1);
  const { text, isError } = resultText(given['response']);
  const callId = call?.id ?? id;
  // A result whose call is not in the conversation means nothing to other models, except as text.
  if (callId === null) return textPart(`[Result of ${name ?? 'a function'}]\n${text}`);
  const media = asArray(given['parts']).flatMap((part, index) => {
    const read = readPart(asObject(part) ?? {}, `${at}.parts[${index}]`, report);
    return read ? [read] : [];
  });
  const parts: ResultPart['parts'] = [...(text === '' ? [] : [textPart(text)]), ...media];
  return { kind: 'result', callId, parts, isError, isCustom: false, cache: null };
}

function resultText(value: unknown): { text: string; isError: boolean } {
  const response = asObject(value);
  const names = Object.keys(response ?? {});
  const [only] = names;
  if (!response || only === undefined || names.length > 1)
    return { text: textOfAny(value), isError: names.includes('error') };
  if (only === 'error') return { text: textOfAny(response['error']), isError: true };
  return {
    text: textMembers.some((name) => name === only) ? textOfAny(response[only]) : textOfAny(value),
    isError: false,
  };
}
