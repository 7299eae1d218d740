import { parseJson } from '#shared/dialects/json-value.ts';
import { CorvusError } from '#shared/errors.ts';
import type { ProviderAmount } from './adapter.ts';
import { type AskContext, askProvider } from './ask-provider.ts';
import { judgeAnswer, nameOf } from './judge-answer.ts';
import { adapterFor } from './registry.ts';
import { type AddressedProvider, modelsRequest } from './target.ts';

/** Whether a provider of this kind tells what is left. */
export function tellsBalance(kind: string): boolean {
  return adapterFor(kind)?.balance !== undefined;
}

/**
 * What is left at a provider.
 * Throws a `CorvusError` that says why it is not known: `not_found` when the provider answered, but named no amount.
 */
export async function readBalance(provider: AddressedProvider, secret: string, context: AskContext): Promise<ProviderAmount> {
  const { origin, host } = new URL(provider.baseUrl);
  const { headers } = modelsRequest(provider, secret);
  const namesNone = new CorvusError('not_found', `${nameOf(provider)} names no amount for this key.`);
  let refusal = namesNone;
  for (const { path, read } of adapterFor(provider.kind)?.balance ?? []) {
    const answer = await askProvider(provider, { url: origin + path, headers, body: null }, context);
    const problem = judgeAnswer({ provider, hasKey: true }, answer);
    const amount = problem ? null : read(parseJson(answer.text), host);
    if (amount) return amount;
    refusal = problem ?? namesNone;
  }
  throw refusal;
}
