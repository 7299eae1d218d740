import { parseJson } from '#shared/dialects/json-value.ts';
import { CorvusError } from '#shared/errors.ts';
import { type AskContext, askProvider } from './ask-provider.ts';
import { judgeAnswer, nameOf } from './judge-answer.ts';
import { type AddressedProvider, modelsRequest } from './target.ts';

/** A provider's list is kept, and searched at every call. */
const mostModels = 5_000;
const longestSlug = 512;

/** Asks a provider for its models, which costs nothing. Throws a `CorvusError` whose sentence says what to do. */
export async function listModels(provider: AddressedProvider, secret: string | null, context: AskContext): Promise<string[]> {
  const { url, headers, parse } = modelsRequest(provider, secret);
  const answer = await askProvider(provider, { url, headers, body: null }, context);
  const problem = judgeAnswer({ provider, hasKey: secret !== null }, answer);
  if (problem) throw problem;
  const models = parse(parseJson(answer.text));
  if (!models) {
    throw new CorvusError(
      'upstream_not_json',
      `What answered at ${new URL(url).host} is no model list of ${nameOf(provider)}. Check the base URL.`,
    );
  }
  return models.filter(({ length }) => length <= longestSlug).slice(0, mostModels);
}
