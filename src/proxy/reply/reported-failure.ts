import type { ReplyFacts } from '#shared/dialects/dialect-reader.ts';
import { nothingSaid } from '#shared/dialects/said-failure.ts';
import { CorvusError } from '#shared/errors.ts';
import { redactText } from '#shared/redact.ts';

const longestWords = 300;

/** Why a success is none: it reports a failure, or it has no answer. null: it is an answer. */
export function failureOf({ failure, isAnswer }: Pick<ReplyFacts, 'failure' | 'isAnswer'>): CorvusError | null {
  if (failure === null && isAnswer) return null;
  const shown = redactText((failure ?? nothingSaid).slice(0, longestWords));
  return new CorvusError('upstream_interrupted', `The upstream reported an error inside a successful answer: ${shown}`);
}
