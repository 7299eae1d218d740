import type { Send } from '#proxy/upstream/send.ts';
import type { ProxyChoice } from '#shared/domain/network.ts';
import { type Answer, ask, type Question } from './ask.ts';
import { mayBePrivate } from './base-url.ts';
import { connectionProblem, noAnswerInTime } from './judge-answer.ts';
import type { AddressedProvider } from './target.ts';

export interface AskContext {
  signal: AbortSignal;
  send: Send;
  proxy: ProxyChoice;
}

/** One request to a provider. Throws a `CorvusError` when no answer came. */
export async function askProvider(
  provider: AddressedProvider,
  question: Omit<Question, 'mayBePrivate' | 'proxy'>,
  { signal, send, proxy }: AskContext,
): Promise<Answer> {
  const asked = { ...question, mayBePrivate: mayBePrivate(provider.baseUrl, provider.isLocal), proxy };
  return ask(send, asked, signal).catch((error: unknown) => {
    // An answer that was abandoned halfway may end in any way; that is ignored.
    throw signal.aborted ? noAnswerInTime(provider) : connectionProblem(error, provider);
  });
}
