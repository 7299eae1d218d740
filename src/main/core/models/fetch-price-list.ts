import { open } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { isRefusedAddress } from '#proxy/network/upstream-address.ts';
import type { Send } from '#proxy/upstream/send.ts';
import { CorvusError } from '#shared/errors.ts';
import { type ReadPriceList, readPriceList } from '#shared/metering/read-price-list.ts';
import { ask, mostAnswerBytes } from '../providers/ask.ts';
import { isLoopbackHost, mayBePrivate } from '../providers/base-url.ts';

const timeoutMs = 30_000;

/**
 * Reads a price list from a file or an address. Throws a `CorvusError` that says why there is none: the place cannot be
 * read, is too large, or is no price list.
 */
export async function fetchPriceList(source: string, send: Send): Promise<ReadPriceList> {
  const text = isAbsolute(source) ? await readListFile(source) : await readAddress(source, send);
  return readPriceList(parseJson(text), () => setImmediate());
}

async function readListFile(path: string): Promise<string> {
  const file = await open(path).catch(() => null);
  if (!file) throw refuse(`The file ${path} cannot be read.`);
  try {
    const found = await file.stat();
    if (!found.isFile()) throw refuse(`${path} is not a file.`);
    if (found.size > mostAnswerBytes) throw refuse(`The file ${path} is larger than 8 MiB.`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/** By the network settings, like a call to a provider. Redirects are not followed. */
async function readAddress(address: string, send: Send): Promise<string> {
  const url = checkAddress(address);
  const question = { url: url.href, headers: {}, body: null, mayBePrivate: mayBePrivate(url.href, false) };
  const { status, text } = await ask(send, question, AbortSignal.timeout(timeoutMs));
  if (status !== 200) throw refuse(`${url.host} answered with status ${status} instead of a price list.`);
  return text;
}

function checkAddress(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw refuse('Enter an address that begins with https://, or the whole path of a file.');
  if (url.username !== '' || url.password !== '') throw refuse('The address must not contain a user name or password.');
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname))
    throw refuse('Use https:// for a price list: over http:// anyone on the way can change it.');
  if (isRefusedAddress(url.hostname, isLoopbackHost(url.hostname)))
    throw new CorvusError('upstream_address_refused', `Corvus does not connect to ${url.hostname}.`);
  return url;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refuse('The price list is not JSON.');
  }
}

function refuse(message: string): CorvusError {
  return new CorvusError('bad_request', message, { param: 'source' });
}
