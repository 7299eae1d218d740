import { type Dialect, dialectSchema, endpointPaths, modelPlace } from '#shared/domain/dialect.ts';
import { type PlanMode, planModes } from '#shared/domain/routing.ts';
import type { CallMethod, Framing } from '../call.ts';
import { decodeComponent } from '#shared/decode-component.ts';

/** An inference endpoint: what both services accept, and the path they use at an upstream. */
export interface Endpoint {
  path: string;
  dialect: Dialect;
  methods: readonly CallMethod[];
  /** The id of the stored answer that its requests are about. Absent: they are about none. */
  storedAnswer?: string;
  /** Its requests list models instead of naming one, and ask them all together in this mode. */
  mode?: PlanMode;
  /** What the path says of the request, in dialects whose body does not. */
  said?: { model: string; stream: boolean };
  /** How a stream is written where not as server-sent events: an object a line, or the elements of one list. */
  framing?: Framing;
}

const post: readonly CallMethod[] = ['POST'];
const passedThrough = [
  '/v1/images/generations',
  '/v1/images/edits',
  '/v1/images/variations',
  '/v1/audio/speech',
  '/v1/audio/transcriptions',
  '/v1/audio/translations',
  '/v1/moderations',
];
const filePath = /^\/v1\/files(\/[\w-]{1,200}(\/content)?)?$/;
/** An id has a digit, unlike the names of what else is there. The endpoint itself may be a part of the base URL. */
const answerPath = /^\/v1\/responses(?:(?:\/v1)?\/responses)?\/(?=\D*\d)([\w-]{1,200})(|\/cancel|\/input_items)$/;
const answerMethods: Readonly<Record<string, readonly CallMethod[]>> = {
  '': ['GET', 'DELETE'],
  '/cancel': ['POST'],
  '/input_items': ['GET'],
};

const read: readonly Endpoint[] = dialectSchema.options.flatMap((dialect): Endpoint[] =>
  dialect === 'openai-passthrough' || endpointPaths[dialect].includes(modelPlace)
    ? []
    : [
        {
          path: endpointPaths[dialect],
          dialect,
          methods: post,
          ...(dialect.startsWith('ollama') ? { framing: 'lines' } : {}),
        },
      ],
);
/** The older form of Ollama's embeddings. */
const older: Endpoint = { path: '/api/embeddings', dialect: 'ollama-embeddings', methods: post };
const modes: readonly Endpoint[] = planModes.map((mode) => ({
  path: `/v1/${mode}`,
  dialect: 'openai-chat',
  methods: post,
  mode,
}));
const endpoints: readonly Endpoint[] = [
  ...modes,
  ...read,
  older,
  ...passedThrough.map((path): Endpoint => ({ path, dialect: 'openai-passthrough', methods: post })),
];

const byPath: ReadonlyMap<string, Endpoint> = new Map(endpoints.map((endpoint) => [endpoint.path, endpoint]));
const longestFirst = [...endpoints].sort((a, b) => b.path.length - a.path.length);

/** The path a request really means, without query and without the usual base-URL mistakes. */
export function normalisePath(url: string): string {
  const end = url.search(/[?#]/);
  const path = end === -1 ? url : url.slice(0, end);
  const segments = path.split('/').filter((segment) => segment !== '');
  if (segments[0] === 'anthropic') segments.shift();
  while (segments[0] === 'v1') segments.shift();
  return segments[0] === 'api' ? `/${segments.join('/')}` : `/v1/${segments.join('/')}`;
}

/**
 * The endpoint at a URL path, or null. A `/v1` that is doubled or missing, an `/anthropic` prefix, and a full endpoint
 * pasted as base URL (`/v1/chat/completions/chat/completions`) all mean the same endpoint.
 */
export function matchEndpoint(url: string): Endpoint | null {
  const exact = byPath.get(url);
  if (exact) return exact;
  const gemini = matchGeminiEndpoint(url);
  if (gemini) return gemini;
  const path = normalisePath(url);
  // A path that an upstream might read differently is refused, not guessed.
  if (/%|\.\.|\\|\/\//.test(url.split(/[?#]/, 1)[0] ?? '')) return null;
  const known = byPath.get(path);
  if (known) return known;
  if (filePath.test(path)) return { path, dialect: 'openai-passthrough', methods: ['POST', 'GET', 'DELETE'] };
  return matchStoredAnswer(path) ?? longestFirst.find(({ path: wanted }) => isPastedTwice(path, wanted)) ?? null;
}

/** What belongs to an answer that its provider keeps. */
function matchStoredAnswer(path: string): Endpoint | null {
  const [, id, part = ''] = answerPath.exec(path) ?? [];
  const methods = answerMethods[part];
  if (id === undefined || methods === undefined) return null;
  return { path: `/v1/responses/${id}${part}`, dialect: 'openai-passthrough', methods, storedAnswer: id };
}

/** `/v1/chat/completions` + what a client appends itself: `/chat/completions` or `/v1/chat/completions`. */
function isPastedTwice(path: string, wanted: string): boolean {
  const tail = wanted.replace(/^\/(v1|api)/, '');
  return path === `${wanted}${tail}` || path === `${wanted}${wanted}`;
}

/** The methods of a model, which follow its name in the path. */
const methods: Readonly<Record<string, Dialect>> = {
  generateContent: 'gemini',
  streamGenerateContent: 'gemini',
  countTokens: 'gemini-count-tokens',
  embedContent: 'gemini-embeddings',
  batchEmbedContents: 'gemini-embeddings',
};
const methodPath = /^(?:\/(?:gemini|v1beta|v1alpha|v1))+\/models\/([^?#]{1,512}):([a-zA-Z]{1,40})\/?(?:[?#]|$)/;
/** What a model's name may consist of once it is decoded. */
const plainModel = /^[\w.@:/-]+$/;

/**
 * The endpoint of a Gemini path, which names the model and says whether the answer is a stream; null for any other
 * path. Versions count the same, and may be doubled.
 */
function matchGeminiEndpoint(url: string): Endpoint | null {
  const [, written = '', method = ''] = methodPath.exec(url) ?? [];
  const dialect = Object.hasOwn(methods, method) ? methods[method] : undefined;
  const model = decodeComponent(written) ?? '';
  if (dialect === undefined || !plainModel.test(model) || model.includes('..') || model.includes('//')) return null;
  const stream = method === 'streamGenerateContent';
  const isEvents = new URLSearchParams(url.split('?', 2)[1]).get('alt') === 'sse';
  return {
    path: `/v1beta/models/{model}:${method}`,
    dialect,
    methods: ['POST'],
    said: { model, stream },
    ...(stream && !isEvents ? { framing: 'list' } : {}),
  };
}
