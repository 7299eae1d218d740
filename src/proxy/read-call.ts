import type { Dialect } from '#shared/domain/dialect.ts';
import { asArray, asObject, asText } from '#shared/dialects/json-value.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { needsArbiter, planName } from '#shared/domain/named-plan.ts';
import type { PlanMode } from '#shared/domain/routing.ts';
import { CorvusError } from '#shared/errors.ts';
import type { RequestFacts } from './call.ts';
import { readFormFields } from './read-form.ts';
import { type JsonScan, scanJson } from './scan-json.ts';

/** Members that some dialect's `readRequest` looks at. */
const readMembers: ReadonlySet<string> = new Set([
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
]);

/** How the requests of a mode's endpoint list its models, and who is to judge or blend. */
const modeMembers: ReadonlySet<string> = new Set(['model', 'models', 'judge', 'synthesizer', 'contestants']);

/** Members with which some gateways let a caller say where a credential goes. Here that is never the caller's to say. */
const refusedMembers = ['api_base', 'base_url', 'api_key', 'extra_headers'] as const;
/** Where callers name a session or a user, the most exact first. */
const sessionMembers = ['prompt_cache_key', 'metadata', 'user'] as const;
const longestSessionMember = 4096;
const scannedMembers: ReadonlySet<string> = new Set([...readMembers, ...refusedMembers, ...sessionMembers, 'tools']);

/** Up to here a body is parsed whole, only to refuse bad JSON with a clear sentence; above, the upstream is the judge. */
const parsedWholeUpToBytes = 256 * 1024;
const maxModelCharacters = 512;
const bytesPerToken = 3;
const tokensPerMedium = 2000;
const mediaBytesPerToken = 500;

/** Reads what Corvus needs of a request body. Throws `invalid_json`, `json_too_complex`, `bad_request`. */
export function readFacts(dialect: Dialect, body: Buffer): RequestFacts {
  const scan = scanJson(body, scannedMembers);
  const refused = refusedMembers.find((name) => scan.members.has(name));
  if (refused) throw new CorvusError('unknown_parameter', `The member "${refused}" is not accepted here.`, { param: refused });
  if (body.length <= parsedWholeUpToBytes) parseValue(body.toString('utf8'));
  const members: Record<string, unknown> = {};
  for (const [name, { start, end }] of scan.members) {
    if (readMembers.has(name) || end - start <= longestSessionMember) members[name] = parseValue(body.toString('utf8', start, end));
  }
  const asked = dialectReaders[dialect].readRequest(members);
  if (!asked || asked.model.length > maxModelCharacters) {
    throw new CorvusError('bad_request', 'The "model" field is required and must be a model slug.', { param: 'model' });
  }
  const sessionId = readSession(members);
  return {
    ...asked,
    hasTools: scan.members.has('tools'),
    inputTokenEstimate: estimateInput(body, scan),
    ...(sessionId === null ? {} : { sessionId }),
  };
}

function readSession(members: Readonly<Record<string, unknown>>): string | null {
  const named = [members['prompt_cache_key'], asObject(members['metadata'])?.['user_id'], members['user']];
  return named.find((value): value is string => typeof value === 'string' && value !== '') ?? null;
}

/** The body of a mode's endpoint as a chat completions request for the plan it spells out. Throws `bad_request`, `invalid_json`. */
export function namePlan(mode: PlanMode, body: Buffer): Buffer {
  const { members } = scanJson(body, modeMembers);
  if (members.has('model')) return body;
  const read = (name: string): unknown => {
    const span = members.get(name);
    return span ? parseValue(body.toString('utf8', span.start, span.end)) : undefined;
  };
  const models = asArray(read('models') ?? read('contestants')).flatMap((model) => asText(model) ?? []);
  if (models.length === 0) throw new CorvusError('bad_request', 'List the models to ask in "models".', { param: 'models' });
  const arbiter = asText(read('judge')) ?? asText(read('synthesizer'));
  if (needsArbiter(mode) && arbiter === null) {
    const param = mode === 'judge' ? 'judge' : 'synthesizer';
    throw new CorvusError('bad_request', `Name the model that is to ${mode} in "${param}".`, { param });
  }
  const brace = body.indexOf('{');
  return splice(body, brace + 1, brace + 1, `"model":${JSON.stringify(planName(mode, models, arbiter))},`);
}

/** What a request for an upstream's files is called where a model's name belongs. */
const filesModel = 'files';

/** The same of a body that passes through unread, JSON or a form. Throws what `readFacts` throws. */
export function readPassthroughFacts(body: Buffer, contentType = ''): RequestFacts {
  if (contentType.toLowerCase().startsWith('application/json')) return readFacts('openai-passthrough', body);
  const fields = readFormFields(body, contentType);
  const asked = dialectReaders['openai-passthrough'].readRequest({ ...fields, model: fields['model'] ?? filesModel });
  if (!asked || asked.model.length > maxModelCharacters) throw new CorvusError('bad_request', undefined, { param: 'model' });
  return { ...asked, hasTools: false, inputTokenEstimate: 0 };
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CorvusError('invalid_json', undefined, {}, error);
  }
}

/** Prudent: three bytes a token overstates most text, and documents; pictures and sound cost little for their bytes. */
function estimateInput(body: Buffer, { media }: JsonScan): number {
  const text = Math.ceil((body.length - media.bytes) / bytesPerToken);
  return text + media.parts * tokensPerMedium + Math.ceil(media.bytes / mediaBytesPerToken);
}

/** The same body naming another model, every other byte as it was. */
export function replaceModel(body: Buffer, model: string): Buffer {
  const span = scanJson(body, new Set(['model'])).members.get('model');
  return span ? splice(body, span.start, span.end, JSON.stringify(model)) : body;
}

const usageOption = '"include_usage":true';

/** The same body with `stream_options.include_usage` set, every other byte as it was. */
export function injectUsageOption(body: Buffer): Buffer {
  const { members } = scanJson(body, new Set(['stream_options']));
  const span = members.get('stream_options');
  if (!span) {
    const brace = body.indexOf('{');
    return splice(body, brace + 1, brace + 1, `"stream_options":{${usageOption}},`);
  }
  const current: unknown = JSON.parse(body.toString('utf8', span.start, span.end));
  const options = typeof current === 'object' && current !== null ? current : {};
  return splice(body, span.start, span.end, JSON.stringify({ ...options, include_usage: true }));
}

function splice(body: Buffer, start: number, end: number, text: string): Buffer {
  return Buffer.concat([body.subarray(0, start), Buffer.from(text), body.subarray(end)]);
}
