import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkRequest, type Guard, identify, readCredentials } from '#proxy/request/guard.ts';
import { normalisePath } from '#proxy/request/endpoints.ts';
import { decodeComponent } from '#shared/decode-component.ts';
import type { ListedModel } from '#shared/contract/models.ts';
import { type ModelEntry, modelBody, modelListBody } from '#shared/dialects/model-list.ts';
import type { DialectFamily } from '#shared/domain/dialect.ts';
import { CorvusError } from '#shared/errors.ts';
import type { LocalKeyRing } from '../keys/local-key-ring.ts';

const listPath = '/v1/models';
/**
 * Google's clients put their API version in front of the path; with `/v1`, only the header of their key identifies
 * them.
 */
const geminiPath = /^\/(gemini\/)?v1(beta|alpha)(\/|$)/;

export function isModelsPath(url: string): boolean {
  const path = listedPath(url);
  return path === listPath || path.startsWith(`${listPath}/`);
}

function listedPath(url: string): string {
  return normalisePath(url.replace(geminiPath, '/'));
}

/**
 * Anthropic clients send their version on every call, Google's their own header; that, or the path, shows which list
 * they can read.
 */
export function familyOfRequest(request: IncomingMessage): DialectFamily {
  const { headers, url = '' } = request;
  if (headers['anthropic-version'] !== undefined || url.startsWith('/anthropic')) return 'anthropic';
  if (/^\/(v1\/)?api\//.test(url)) return 'ollama';
  const hasGoogleKey = headers['x-goog-api-key'] !== undefined || new URLSearchParams(url.split('?', 2)[1]).has('key');
  return hasGoogleKey || geminiPath.test(url) ? 'gemini' : 'openai';
}

export interface ModelsDeps {
  guard: Guard;
  keys: LocalKeyRing;
  list(): Promise<readonly ListedModel[]>;
}

/** GET /v1/models and /v1/models/{id}: the models that a call would reach now. Throws a `CorvusError`. */
export async function serveModels(deps: ModelsDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { guard, keys } = deps;
  checkRequest(request, guard);
  if (request.method !== 'GET') throw new CorvusError('method_not_allowed', 'Use GET here.');
  const family = familyOfRequest(request);
  await identify(readCredentials(request, family === 'gemini'), keys.find);
  // Slugs contain slashes, which some clients escape. A badly escaped text is looked up unchanged.
  const named = listedPath(request.url ?? '').slice(listPath.length + 1);
  const id = decodeComponent(named) ?? named;
  if (id !== '') return replyJson(response, modelBody(family, entryOf(await reachableModel(deps, id))));
  replyJson(response, modelListBody(family, (await reachableModels(deps)).map(entryOf)));
}

/** The models that a call would reach now. */
export async function reachableModels({ list }: Pick<ModelsDeps, 'list'>): Promise<readonly ListedModel[]> {
  return (await list()).filter((model) => model.lane !== null);
}

/** Throws `model_not_found`. */
export async function reachableModel(deps: Pick<ModelsDeps, 'list'>, id: string): Promise<ListedModel> {
  const model = (await reachableModels(deps)).find(({ slug }) => slug === id);
  if (!model)
    throw new CorvusError(
      'model_not_found',
      `There is no model "${id}" here. GET /v1/models lists the available ones.`,
    );
  return model;
}

export function entryOf({ slug, name, provider, lane, price }: ListedModel): ModelEntry {
  const prices = price ? { unit: 'USD per 1M tokens', ...price.prices } : null;
  return {
    id: slug,
    name,
    ownedBy: provider ?? 'corvus',
    contextTokens: price?.contextTokens ?? null,
    maxOutputTokens: price?.maxOutputTokens ?? null,
    extra: { lane, prices },
  };
}

export function replyJson(response: ServerResponse, value: object): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': body.length,
    'cache-control': 'no-store',
  });
  response.end(body);
}
