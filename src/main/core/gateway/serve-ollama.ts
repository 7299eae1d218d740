import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkRequest, identify, readCredentials } from '#proxy/request/guard.ts';
import type { BodyReader } from '#proxy/request/read-body.ts';
import type { ListedModel } from '#shared/contract/models.ts';
import { asObject, asText, parseJson } from '#shared/dialects/json-value.ts';
import { modelBody, modelListBody } from '#shared/dialects/model-list.ts';
import { CorvusError } from '#shared/errors.ts';
import { entryOf, type ModelsDeps, reachableModel, reachableModels, replyJson } from './serve-models.ts';

/** The version of Ollama whose API this is: clients refuse older ones. */
const apiVersion = '0.12.11';
const longestQuestion = 64 * 1024;

export interface OllamaDeps extends ModelsDeps {
  bodies: BodyReader;
}

type Serve = (deps: OllamaDeps, request: IncomingMessage) => Promise<object>;

interface Route {
  methods: readonly string[];
  serve: Serve;
}

const reads = ['GET', 'HEAD'];

const routes: Readonly<Record<string, Route>> = {
  '/api/tags': {
    methods: reads,
    serve: async (deps) => modelListBody('ollama', (await reachableModels(deps)).map(entryOf)),
  },
  // Nothing is loaded here: the models are elsewhere.
  '/api/ps': { methods: reads, serve: async () => ({ models: [] }) },
  '/api/version': { methods: reads, serve: async () => ({ version: apiVersion }) },
  '/api/show': { methods: ['POST'], serve: show },
};

export function isOllamaPath(url: string): boolean {
  return Object.hasOwn(routes, pathOf(url));
}

/** The other calls of Ollama's clients: which models there are, and what each can do. Throws a `CorvusError`. */
export async function serveOllama(deps: OllamaDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  checkRequest(request, deps.guard);
  const route = routes[pathOf(request.url ?? '')];
  if (!route) throw new CorvusError('route_not_found');
  if (!route.methods.includes(request.method ?? ''))
    throw new CorvusError('method_not_allowed', `Use ${route.methods.join(', ')} here.`);
  await identify(readCredentials(request), deps.keys.find);
  replyJson(response, await route.serve(deps, request));
}

/** This runs before anything of a request is checked, so its time must be at most linear in the length of the path. */
function pathOf(url: string): string {
  const path = (url.split('?', 1)[0] ?? '').replace(/^\/v1(?=\/api\/)/, '');
  let end = path.length;
  while (end > 1 && path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

/** What is known about a model that does not run here: its capabilities and its context length. */
async function show(deps: OllamaDeps, request: IncomingMessage): Promise<object> {
  const question = await readQuestion(deps, request);
  const id = asText(question['model']) ?? asText(question['name']);
  if (id === null) throw new CorvusError('bad_request', 'Name the model in "model".', { param: 'model' });
  const model = await reachableModel(deps, id);
  const { details, modified_at: modifiedAt } = modelBody('ollama', entryOf(model)) as {
    details: object;
    modified_at: string;
  };
  return {
    modelfile: '',
    parameters: '',
    template: '',
    license: '',
    details,
    model_info: {
      'general.architecture': architecture,
      'general.basename': model.slug,
      ...(model.price?.contextTokens === undefined
        ? {}
        : { [`${architecture}.context_length`]: model.price.contextTokens }),
    },
    capabilities: capabilitiesOf(model),
    modified_at: modifiedAt,
  };
}

/** Takes the place of Ollama's model architecture, which prefixes the member with the context length. */
const architecture = 'corvus';

/** Every conversation model is reported with tools and pictures; whether it supports them is up to its provider. */
function capabilitiesOf({ price }: ListedModel): readonly string[] {
  return price?.mode === 'embedding' ? ['embedding'] : ['completion', 'tools', 'vision', 'thinking'];
}

async function readQuestion({ bodies }: OllamaDeps, request: IncomingMessage) {
  const { bytes, memory } = await bodies.expect(request).read();
  try {
    const question = bytes.length > longestQuestion ? null : asObject(parseJson(bytes.toString('utf8')));
    if (!question) throw new CorvusError('invalid_json');
    return question;
  } finally {
    memory.release();
  }
}
