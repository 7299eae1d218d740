import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkRequest, type Guard, readCredential } from '#proxy/request/guard.ts';
import { normalisePath } from '#proxy/request/endpoints.ts';
import type { ListedModel } from '#shared/contract/models.ts';
import { type ModelEntry, modelBody, modelListBody } from '#shared/dialects/model-list.ts';
import type { DialectFamily } from '#shared/domain/dialect.ts';
import { CorvusError } from '#shared/errors.ts';
import type { LocalKeyRing } from '../keys/local-key-ring.ts';

const listPath = '/v1/models';

export function isModelsPath(url: string): boolean {
  const path = normalisePath(url);
  return path === listPath || path.startsWith(`${listPath}/`);
}

/** Anthropic clients send their version on every call; that, or the prefix, shows which list they can read. */
export function familyOfRequest(request: IncomingMessage): DialectFamily {
  const isAnthropic = request.headers['anthropic-version'] !== undefined || request.url?.startsWith('/anthropic');
  return isAnthropic ? 'anthropic' : 'openai';
}

export interface ModelsDeps {
  guard: Guard;
  keys: LocalKeyRing;
  list(): Promise<readonly ListedModel[]>;
}

/** GET /v1/models and /v1/models/{id}: the models that a call would reach now. Throws a `CorvusError`. */
export async function serveModels({ guard, keys, list }: ModelsDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  checkRequest(request, guard);
  if (request.method !== 'GET') throw new CorvusError('method_not_allowed', 'Use GET here.');
  keys.find(readCredential(request));
  const family = familyOfRequest(request);
  const reachable = (await list()).filter((model) => model.lane !== null);
  const id = decoded(normalisePath(request.url ?? '').slice(listPath.length + 1));
  if (id === '') return reply(response, modelListBody(family, reachable.map(entryOf)));
  const model = reachable.find(({ slug }) => slug === id);
  if (!model) throw new CorvusError('model_not_found', `There is no model "${id}" here. GET /v1/models lists the available ones.`);
  reply(response, modelBody(family, entryOf(model)));
}

/** Slugs contain slashes, which some clients escape. A badly escaped text is looked up unchanged. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function entryOf({ slug, name, provider, lane, price }: ListedModel): ModelEntry {
  const prices = price ? { unit: 'USD per 1M tokens', ...price.prices } : null;
  return { id: slug, name, ownedBy: provider ?? 'corvus', extra: { lane, prices } };
}

function reply(response: ServerResponse, value: object): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length, 'cache-control': 'no-store' });
  response.end(body);
}
