import { decodeComponent } from '#shared/decode-component.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import type { Endpoint } from './endpoint.ts';

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
 * The endpoint of a Gemini path, which names the model and says whether the answer is a stream; null for any other path. Versions count
 * the same, and may be doubled.
 */
export function matchGeminiEndpoint(url: string): Endpoint | null {
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
