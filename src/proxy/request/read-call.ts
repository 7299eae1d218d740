import type { Dialect, Need } from '#shared/domain/dialect.ts';
import { asArray, asObject, asText, parseJson } from '#shared/dialects/json-value.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { needsArbiter, planName } from '#shared/domain/named-plan.ts';
import type { PlanMode } from '#shared/domain/routing.ts';
import { CorvusError } from '#shared/errors.ts';
import type { RequestFacts } from '../call.ts';
import { changeBody } from '../body/change-body.ts';
import { readMember } from '../body/check-members.ts';
import type { Media } from '../body/embedded-media.ts';
import { configMembers, outputLimitMembers } from '../body/limit-output.ts';
import { type MemberNames, memberNames } from '../body/member-names.ts';
import type { Endpoint } from './endpoints.ts';
import { readFormFields } from './read-form.ts';
import { type JsonScan, scanJson, scanJsonInTurns } from '../body/scan-json.ts';

/** Members that some dialect's `readRequest` reads. */
const readMembers = [
  'model',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'n',
  'service_tier',
  'best_of',
  'stream_format',
] as const;

/** How the requests of a mode's endpoint list the models and the arbiter. */
const modeMembers = memberNames(['model', 'models', 'judge', 'synthesizer', 'contestants']);

/** Where callers name a session or a user, the most exact first. */
const sessionMembers = ['prompt_cache_key', 'metadata', 'user'] as const;
const longestSessionMember = 4096;
/** Where the turns of a conversation stand. */
const historyMembers = ['messages', 'input', 'contents'] as const;
/** Where a prompt to the system stands that is no message. */
const systemMembers = ['system', 'instructions', 'systemInstruction', 'system_instruction'] as const;
/** Members that not every dialect can carry. */
const needMembers: Readonly<Record<string, Need>> = { stop: 'stop', stop_sequences: 'stop', top_k: 'top-k' };
const requestMembers = memberNames([
  ...readMembers,
  ...sessionMembers,
  ...Object.keys(needMembers),
  'system',
  'instructions',
  'tools',
  'thinking',
  ...historyMembers,
]);

/** Response schemas stand there too; of a longer one nothing is read. */
const longestConfig = 64 * 1024;
const wantedMembers: Readonly<Partial<Record<Dialect, MemberNames>>> = {
  gemini: memberNames([
    'generationConfig',
    'generation_config',
    'systemInstruction',
    'system_instruction',
    'tools',
    'contents',
  ]),
  'gemini-count-tokens': memberNames([]),
  'gemini-embeddings': memberNames([]),
  'ollama-chat': memberNames(['model', 'stream', 'options', 'tools', 'messages']),
  'ollama-generate': memberNames(['model', 'stream', 'options']),
};
/** The fields of a form that are read here; the same names as in JSON. */
const formFields = memberNames(readMembers);

const maxModelCharacters = 512;
const bytesPerToken = 3;
const tokensPerMedium = 2000;
const mediaBytesPerToken = 500;

/**
 * Reads what Corvus needs of a request body. Throws `invalid_json`, `json_too_complex`, `bad_request`,
 * `unknown_parameter`.
 */
export function readFacts(dialect: Dialect, body: Buffer, said?: SaidInPath): RequestFacts {
  return factsOf(dialect, body, scanJson(body, wantedMembers[dialect] ?? requestMembers), said);
}

/** The same; scanning a large body yields to other work in between. */
export async function readFactsInTurns(dialect: Dialect, body: Buffer, said?: SaidInPath): Promise<RequestFacts> {
  return factsOf(dialect, body, await scanJsonInTurns(body, wantedMembers[dialect] ?? requestMembers), said);
}

/** What the path says of a request, in dialects whose body does not. */
type SaidInPath = Endpoint['said'];

function factsOf(dialect: Dialect, body: Buffer, scan: JsonScan, said: SaidInPath): RequestFacts {
  const members: Record<string, unknown> = {};
  for (const name of readMembers) {
    const span = scan.members.get(name);
    if (span) members[name] = readMember(body, name, span);
  }
  for (const name of sessionMembers) {
    const span = scan.members.get(name);
    if (span && span.end - span.start <= longestSessionMember) members[name] = readMember(body, name, span);
  }
  for (const name of configMembers[dialect] ?? []) {
    const span = scan.members.get(name);
    if (span && span.end - span.start <= longestConfig)
      members[name] = parseJson(body.toString('utf8', span.start, span.end));
  }
  const asked = dialectReaders[dialect].readRequest({ ...members, ...said });
  const model = said ? null : (scan.members.get('model') ?? null);
  if (!asked || asked.model.length > maxModelCharacters) {
    throw new CorvusError('bad_request', 'The "model" field is required and must be a model slug.', { param: 'model' });
  }
  const sessionId = readSession(members);
  return {
    ...asked,
    hasTools: scan.members.has('tools'),
    inputTokenEstimate: estimateInput(body, scan),
    spans: {
      open: scan.open,
      model,
      streamOptions: scan.members.get('stream_options') ?? null,
      limits: outputLimitMembers.flatMap((name) => {
        const span = scan.members.get(name);
        return span ? [{ ...span, name }] : [];
      }),
      thinking: scan.members.get('thinking') ?? null,
      config:
        (configMembers[dialect] ?? []).map((name) => scan.members.get(name)).find((span) => span !== undefined) ?? null,
    },
    ...(sessionId === null ? {} : { sessionId }),
    ...readNeeds(body, scan),
    ...prefixOf(scan),
    ...historyOf(scan),
  };
}

function prefixOf({ members }: JsonScan): Pick<RequestFacts, 'prefix'> {
  const tools = members.get('tools') ?? null;
  const system = systemMembers.map((name) => members.get(name)).find((span) => span !== undefined) ?? null;
  return system || tools ? { prefix: { system, tools } } : {};
}

function historyOf({ members }: JsonScan): Pick<RequestFacts, 'history'> {
  const history = historyMembers.map((name) => members.get(name)).find((span) => span !== undefined);
  return history ? { history } : {};
}

const withoutValue = /^(?:null|\[\s*\])$/;

function readNeeds(body: Buffer, { members }: JsonScan): Pick<RequestFacts, 'needs'> {
  const needs = Object.entries(needMembers).flatMap(([name, need]) => {
    const span = members.get(name);
    return span && !withoutValue.test(body.toString('latin1', span.start, Math.min(span.end, span.start + 16)))
      ? [need]
      : [];
  });
  return needs.length === 0 ? {} : { needs };
}

function readSession(members: Readonly<Record<string, unknown>>): string | null {
  const named = [members['prompt_cache_key'], asObject(members['metadata'])?.['user_id'], members['user']];
  return named.find((value): value is string => typeof value === 'string' && value !== '') ?? null;
}

/**
 * The body of a mode's endpoint as a chat completions request for the plan it spells out. Throws `bad_request`,
 * `invalid_json`.
 */
export async function namePlan(mode: PlanMode, body: Buffer): Promise<Buffer> {
  const { members, open } = await scanJsonInTurns(body, modeMembers);
  if (members.has('model')) return body;
  const read = (name: string): unknown => {
    const span = members.get(name);
    return span ? readMember(body, name, span) : undefined;
  };
  const models = asArray(read('models') ?? read('contestants')).flatMap((model) => asText(model) ?? []);
  if (models.length === 0)
    throw new CorvusError('bad_request', 'List the models to ask in "models".', { param: 'models' });
  const arbiter = asText(read('judge')) ?? asText(read('synthesizer'));
  if (needsArbiter(mode) && arbiter === null) {
    const param = mode === 'judge' ? 'judge' : 'synthesizer';
    throw new CorvusError('bad_request', `Name the model that is to ${mode} in "${param}".`, { param });
  }
  return changeBody(body, [
    { start: open, end: open, text: `"model":${JSON.stringify(planName(mode, models, arbiter))},` },
  ]);
}

/** Stands in for the model's name in a request for an upstream's files. */
const filesModel = 'files';
/** The same for stored answers. */
const answersModel = 'responses';

/**
 * The same for a body that passes through unread: JSON, a form, or nothing. Throws like `readFacts`, and
 * `unsupported_media_type`.
 */
export async function readPassthroughFacts(body: Buffer, contentType = ''): Promise<RequestFacts> {
  const mediaType = contentType.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType === 'application/json' && body.length > 0) return readFactsInTurns('openai-passthrough', body);
  const isForm = mediaType === 'multipart/form-data';
  // Its content and model are opaque here.
  if (!isForm && body.length > 0)
    throw new CorvusError('unsupported_media_type', 'Send the body as application/json or multipart/form-data.');
  const fields = isForm ? await readFormFields(body, contentType, formFields) : {};
  const asked = dialectReaders['openai-passthrough'].readRequest({ ...fields, model: fields['model'] ?? filesModel });
  if (!asked || asked.model.length > maxModelCharacters)
    throw new CorvusError('bad_request', undefined, { param: 'model' });
  return { ...asked, hasTools: false, inputTokenEstimate: 0 };
}

/** The same for a request about a stored answer: its body says nothing that matters here. */
export function readStoredFacts(storedAnswer: string, query: string): RequestFacts {
  const isStream = new URLSearchParams(query).get('stream') === 'true';
  const known = { asksForUsage: true, maxOutputTokens: 0, choices: 1, hasTools: false, inputTokenEstimate: 0 };
  return { model: answersModel, storedAnswer, isStream, ...known };
}

/** Cautious: three bytes a token overstates most text and documents. */
function estimateInput(body: Buffer, { media }: JsonScan): number {
  return Math.ceil((body.length - media.bytes) / bytesPerToken) + mediaTokens(media);
}

/** Pictures and sound cost little for their bytes. */
export function mediaTokens({ parts, bytes }: Media): number {
  return parts * tokensPerMedium + Math.ceil(bytes / mediaBytesPerToken);
}
