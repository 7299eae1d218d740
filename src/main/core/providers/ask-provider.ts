import { type Answer, ask, type Question } from './ask.ts';
import { mayBePrivate } from './base-url.ts';
import { connectionProblem, noAnswerInTime } from './judge-answer.ts';
import type { AddressedProvider } from './target.ts';

export interface AskContext {
  signal: AbortSignal;
  nowMs: number;
}

/** One request to a provider. Throws a `CorvusError` when no answer came. */
export async function askProvider(
  provider: AddressedProvider,
  question: Omit<Question, 'mayBePrivate'>,
  { signal, nowMs }: AskContext,
): Promise<Answer> {
  return ask({ ...question, mayBePrivate: mayBePrivate(provider.baseUrl, provider.isLocal) }, signal).catch((error: unknown) => {
    // Ignores how an answer ends that was abandoned halfway.
    throw signal.aborted ? noAnswerInTime(provider) : connectionProblem(error, provider, nowMs);
  });
}
