import { type UpstreamDialect, upstreamDialectSchema } from '#shared/domain/dialect.ts';
import type { CorvusError } from '#shared/errors.ts';
import type { Answer } from './ask.ts';
import { type AskContext, askProvider } from './ask-provider.ts';
import { judgeAnswer } from './judge-answer.ts';
import { adapterFor } from './known-providers.ts';
import { type AddressedProvider, endpointUrl, modelsRequest, providerHeaders } from './target.ts';

/** Usual names of small models: a guess that only decides what one token costs. */
const smallModel = /nano|mini|flash|lite|small|haiku|instant|-[1-9]b\b/i;
const noConversation = /embed|rerank|whisper|tts|image|audio|moderation|guard/i;

/**
 * After the model list came: whether the key is valid and has money. Free where the list or another page requires the
 * key; where the list is public, a call for one token.
 * @returns what else to say about the key; null when it is proved. Throws the refusal of a bad key.
 */
export async function proveKey(
  provider: AddressedProvider,
  secret: string,
  models: readonly string[],
  context: AskContext,
): Promise<string | null> {
  const asked = { provider, hasKey: true };
  const proofPath = adapterFor(provider.kind)?.proofPath;
  if (proofPath !== undefined) {
    const { origin } = new URL(provider.baseUrl);
    throwIf(
      judgeAnswer(
        asked,
        await askProvider(
          provider,
          { ...modelsRequest(provider, secret), url: origin + proofPath, body: null },
          context,
        ),
      ),
    );
    return null;
  }
  const openList = await askProvider(provider, { ...modelsRequest(provider, null), body: null }, context);
  if (judgeAnswer({ provider, hasKey: false }, openList) !== null) return null;
  const model = smallestOf(models);
  if (model === null) return 'the key could not be tried';
  const answer = await askProvider(provider, oneTokenCall(provider, secret, model), context);
  const problem = judgeAnswer(asked, answer);
  if (problem && isAboutKey(problem)) throw problem;
  return remarkOn(answer, model);
}

function throwIf(problem: CorvusError | null): void {
  if (problem) throw problem;
}

function isAboutKey({ code }: CorvusError): boolean {
  return code === 'upstream_credential_refused' || code === 'insufficient_credits';
}

function remarkOn({ status }: Answer, model: string): string {
  return status === 200
    ? `a call for one token to ${model} worked`
    : `the key is not proved: a call to ${model} was answered with ${status}`;
}

function smallestOf(models: readonly string[]): string | null {
  const talking = models.filter((model) => !noConversation.test(model));
  return talking.find((model) => smallModel.test(model)) ?? talking[0] ?? null;
}

const bodies: Readonly<Record<UpstreamDialect, (model: string) => object>> = {
  'openai-chat': (model) => ({ model, messages: [{ role: 'user', content: 'Hi' }], max_tokens: 1 }),
  // The smallest limit that this dialect accepts.
  'openai-responses': (model) => ({ model, input: 'Hi', max_output_tokens: 16, store: false }),
  'anthropic-messages': (model) => ({ model, messages: [{ role: 'user', content: 'Hi' }], max_tokens: 1 }),
  gemini: () => ({ contents: [{ role: 'user', parts: [{ text: 'Hi' }] }], generationConfig: { maxOutputTokens: 1 } }),
};

function oneTokenCall(provider: AddressedProvider, secret: string, model: string) {
  // Most providers support chat best.
  const dialect =
    upstreamDialectSchema.options.find((candidate) => provider.dialects.includes(candidate)) ?? 'openai-chat';
  return {
    url: endpointUrl(provider, dialect, model),
    headers: providerHeaders(provider, dialect, secret, {}),
    body: bodies[dialect](model),
  };
}
