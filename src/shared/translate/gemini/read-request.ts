import { asArray, asLimit, asNumber, asObject, asText, type JsonObject } from '../../dialects/json-value.ts';
import {
  addToTurn,
  type Conversation,
  emptyConversation,
  type OutputFormat,
  type Part,
  textPart,
  type TextPart,
  type Tool,
  type ToolChoice,
} from '../conversation.ts';
import { readSeed, refuse, type Report, reportUnknown } from '../report.ts';
import { memberOf, plainNameOf } from './member.ts';
import { type OpenCall, readCall, readPart, readResult } from './read-parts.ts';
import { jsonSchemaOf } from './schema.ts';
import { readThinking } from './thinking.ts';

const known: ReadonlySet<string> = new Set([
  'model',
  'stream',
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
  'cachedContent',
]);
const knownOfConfig: ReadonlySet<string> = new Set([
  'stopSequences',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  '_responseJsonSchema',
  'responseModalities',
  'candidateCount',
  'maxOutputTokens',
  'temperature',
  'topP',
  'topK',
  'seed',
  'frequencyPenalty',
  'presencePenalty',
  'responseLogprobs',
  'logprobs',
  'thinkingConfig',
]);

const knownOfThinking: ReadonlySet<string> = new Set(['includeThoughts', 'thinkingBudget', 'thinkingLevel']);
const knownOfToolConfig: ReadonlySet<string> = new Set(['functionCallingConfig']);
const knownOfDeclaration: ReadonlySet<string> = new Set(['name', 'description', 'parameters', 'parametersJsonSchema']);

/**
 * A `generateContent` request, with the model and the form of the answer that its path names. Throws
 * `not_translatable`.
 */
export function readGeminiRequest(body: JsonObject, report: Report): Conversation {
  const config = asObject(memberOf(body, 'generationConfig'));
  refuseUnlike(body, config);
  reportUnread(body, known, report);
  reportUnread(config, knownOfConfig, report, 'generationConfig.');
  const thinking = memberOf(config, 'thinkingConfig');
  const toolConfig = memberOf(body, 'toolConfig');
  reportUnread(asObject(thinking), knownOfThinking, report, 'thinkingConfig.');
  reportUnread(asObject(toolConfig), knownOfToolConfig, report, 'toolConfig.');
  const conversation = emptyConversation();
  readContents(body['contents'], conversation, report);
  return {
    ...conversation,
    model: asText(body['model']) ?? '',
    instructions: readInstructions(memberOf(body, 'systemInstruction')),
    tools: readTools(body['tools'], report),
    toolChoice: readToolChoice(toolConfig),
    maxOutputTokens: asLimit(memberOf(config, 'maxOutputTokens')),
    temperature: asNumber(config?.['temperature']),
    topP: asNumber(memberOf(config, 'topP')),
    topK: asNumber(memberOf(config, 'topK')),
    seed: readSeed(config?.['seed'], report),
    frequencyPenalty: asNumber(memberOf(config, 'frequencyPenalty')) || null,
    presencePenalty: asNumber(memberOf(config, 'presencePenalty')) || null,
    stop: asArray(memberOf(config, 'stopSequences')).flatMap((stop) => asText(stop) ?? []),
    format: readFormat(config),
    effort: readThinking(thinking),
    isStream: body['stream'] === true,
  };
}

function refuseUnlike(body: JsonObject, config: JsonObject | null): void {
  if (asText(memberOf(body, 'cachedContent')) !== null)
    refuse('cachedContent', 'Stored contents exist with Google only; send the contents themselves.');
  if ((asLimit(memberOf(config, 'candidateCount')) ?? 1) > 1)
    refuse('candidateCount', 'This model is served in a dialect that gives one answer at a time.');
  if (memberOf(config, 'responseLogprobs') === true || asLimit(config?.['logprobs']))
    refuse('responseLogprobs', 'Log probabilities cannot be carried from the dialect of this model.');
  const modalities = asArray(memberOf(config, 'responseModalities')).map(String);
  if (modalities.some((modality) => modality.toUpperCase() !== 'TEXT'))
    refuse('responseModalities', 'Spoken answers and pictures cannot be carried into another dialect.');
}

/** Names what no reader uses, in either spelling. Google's SDKs write lists that are empty. */
function reportUnread(object: JsonObject | null, known: ReadonlySet<string>, report: Report, prefix?: string): void {
  const unread = Object.entries(object ?? {}).filter(
    ([name, value]) => !known.has(plainNameOf(name)) && !(Array.isArray(value) && value.length === 0),
  );
  reportUnknown(Object.fromEntries(unread), known, report, prefix);
}

function readInstructions(value: unknown): TextPart[] {
  if (typeof value === 'string') return value === '' ? [] : [textPart(value)];
  return partsOf(value).flatMap((part) =>
    typeof part['text'] === 'string' && part['text'] !== '' ? [textPart(part['text'])] : [],
  );
}

function partsOf(content: unknown): JsonObject[] {
  const parts = asObject(content)?.['parts'];
  return [parts].flat().flatMap((part): JsonObject[] => {
    const object = typeof part === 'string' ? { text: part } : asObject(part);
    return object ? [object] : [];
  });
}

function readContents(value: unknown, { turns }: Conversation, report: Report): void {
  let open: OpenCall[] = [];
  for (const [index, entry] of [value].flat().entries()) {
    const content = typeof entry === 'string' ? { parts: [{ text: entry }] } : asObject(entry);
    if (!content) continue;
    const at = `contents[${index}]`;
    const role = asText(content['role']);
    if (role === 'model') {
      const parts = readModelParts(content, index, report);
      open = parts.flatMap((part) => (part.kind === 'call' ? [{ id: part.id, name: part.name }] : []));
      addToTurn(turns, 'assistant', parts);
    } else if (role === null || role === 'user' || role === 'function' || role === 'tool') {
      const parts = partsOf(content).flatMap((part, place): Part[] => {
        const result = asObject(memberOf(part, 'functionResponse'));
        const read = result
          ? readResult(result, open, `${at}.parts[${place}]`, report)
          : readPart(part, `${at}.parts[${place}]`, report);
        return read ? [read] : [];
      });
      addToTurn(turns, 'user', parts);
    } else refuse(`${at}.role`, 'A content is of the role "user" or "model".');
  }
}

function readModelParts(content: JsonObject, index: number, report: Report): Part[] {
  return partsOf(content).flatMap((part, place): Part[] => {
    const at = `contents[${index}].parts[${place}]`;
    const call = asObject(memberOf(part, 'functionCall'));
    if (call) return [readCall(call, `call_${index}_${place}`, at)];
    const read = readPart(part, at, report);
    return read ? [read] : [];
  });
}

function readFormat(config: JsonObject | null): OutputFormat | null {
  const type = asText(memberOf(config, 'responseMimeType'));
  if (type === 'text/x.enum')
    return refuse('responseMimeType', 'Only Google answers with one bare word of a list; ask for JSON.');
  const own = asObject(memberOf(config, 'responseSchema'));
  const schema =
    asObject(memberOf(config, 'responseJsonSchema')) ??
    asObject(config?.['_responseJsonSchema']) ??
    (own && jsonSchemaOf(own));
  if (schema) return { kind: 'schema', name: null, description: null, schema, isStrict: false };
  return type === 'application/json' ? { kind: 'json' } : null;
}

/** The functions of a request. What Google runs itself is left out: a conversation continues without it. */
function readTools(value: unknown, report: Report): Tool[] {
  return asArray(value).flatMap((entry) => {
    const tool = asObject(entry) ?? {};
    for (const name of Object.keys(tool).map(plainNameOf))
      if (name !== 'functionDeclarations') report.leaveOut(`tools.${name}`);
    return asArray(memberOf(tool, 'functionDeclarations')).map((declared) =>
      readDeclaration(asObject(declared) ?? {}, report),
    );
  });
}

function readDeclaration(declared: JsonObject, report: Report): Tool {
  reportUnread(declared, knownOfDeclaration, report, 'tools.');
  const name = asText(declared['name']);
  if (name === null) return refuse('tools', 'A function declaration needs a name.');
  const own = asObject(declared['parameters']);
  const schema = asObject(memberOf(declared, 'parametersJsonSchema')) ?? (own && jsonSchemaOf(own));
  return {
    name,
    description: asText(declared['description']),
    kind: { type: 'function', schema, isStrict: null },
    cache: null,
  };
}

function readToolChoice(value: unknown): ToolChoice | null {
  const config = asObject(memberOf(asObject(value), 'functionCallingConfig'));
  const mode = asText(config?.['mode'])?.toUpperCase();
  const names = asArray(memberOf(config, 'allowedFunctionNames')).flatMap((name) => asText(name) ?? []);
  const [only, ...others] = names;
  if (mode === 'NONE') return { kind: 'none' };
  if (mode === 'ANY') {
    if (only === undefined) return { kind: 'any' };
    return others.length === 0 ? { kind: 'tool', name: only } : { kind: 'allowed', mustCallTool: true, names };
  }
  if (only !== undefined) return { kind: 'allowed', mustCallTool: false, names };
  return mode === undefined ? null : { kind: 'auto' };
}
