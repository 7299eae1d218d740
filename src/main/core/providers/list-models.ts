import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { lookupAllowed } from '#proxy/upstream-address.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import { mayBePrivate } from './base-url.ts';
import { type AddressedProvider, type ModelsRequest, modelsRequest } from './target.ts';

const largestListBytes = 8 * 1024 * 1024;
const unreachable = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH']);

/** Asks a provider for its models, without following redirects or names that lead where no key may go. Throws a `CorvusError`. */
export async function listModels(provider: AddressedProvider, secret: string | null, signal: AbortSignal): Promise<string[]> {
  const request = modelsRequest(provider, secret);
  const { status, text } = await get(provider, request, signal).catch((error: unknown) => {
    throw connectionProblem(error, new URL(provider.baseUrl).host);
  });
  if (status === 401 || status === 403) {
    throw new CorvusError(
      'upstream_credential_refused',
      secret === null ? 'The provider asks for a key, and none is stored.' : `The provider refused the key (status ${status}).`,
    );
  }
  if (status >= 300 && status < 400) throw new CorvusError('upstream_redirect');
  if (status !== 200)
    throw new CorvusError('upstream_connection_error', `The provider answered its model list with status ${status}. Check the base URL.`);
  const models = request.parse(jsonOrNull(text));
  if (!models) throw new CorvusError('upstream_not_json', 'The answer is no model list. Check the base URL and the dialect.');
  return models;
}

function get(provider: AddressedProvider, { url, headers }: ModelsRequest, signal: AbortSignal): Promise<{ status: number; text: string }> {
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  const lookup = lookupAllowed(mayBePrivate(provider.baseUrl, provider.isLocal));
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, signal, lookup, agent: false }, (response) => {
      readText(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > largestListBytes) throw new CorvusError('upstream_interrupted', 'The model list is longer than every limit.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function connectionProblem(error: unknown, host: string): CorvusError {
  const known = toCorvusError(error);
  if (known.code !== 'internal_error') return known;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ABORT_ERR') return new CorvusError('upstream_timeout', `${host} did not answer in time.`, {}, error);
  if (unreachable.has(code)) return new CorvusError('offline', `This machine cannot reach ${host}.`, {}, error);
  if (/CERT|TLS|SSL|SELF_SIGNED/.test(code))
    return new CorvusError('tls_error', `The certificate of ${host} is not trusted (${code}).`, {}, error);
  return new CorvusError('upstream_connection_error', `${host} could not be reached${code === '' ? '' : ` (${code})`}.`, {}, error);
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
