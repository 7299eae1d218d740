import { asArray, asObject, asText, type JsonObject } from './json-value.ts';

/**
 * The error that an upstream reports where it should have answered: in an event of a stream, or in the body of a
 * success. The dialects have similar forms, and servers of one dialect use those of others.
 * @returns its words; null when it reports no failure
 */
export function failureIn(value: JsonObject): string | null {
  const { error, type, object, choices, response, delta, status, stop_reason: stopReason } = value;
  if (isSaid(error)) return wordsOf(error);
  if (type === 'error' || type === 'response.failed' || object === 'error')
    return wordsOf(asObject(response)?.['error'] ?? value);
  if (status === 'failed' || status === 'error' || stopReason === 'error') return wordsOf(value);
  if (Array.isArray(choices)) return failureOfChoices(choices);
  if (typeof response === 'object') return failureOfResponse(asObject(response));
  return typeof delta === 'object' && asObject(delta)?.['stop_reason'] === 'error' ? unnamed : null;
}

/** For a body that is no answer of its dialect: how servers word an error without declaring it one. */
export function failureWithoutName(value: JsonObject): string | null {
  const { message, msg, detail, errors, base_resp: base } = value;
  for (const words of [message, msg, detail]) if (typeof words === 'string') return words;
  if (isSaid(detail) || isSaid(errors)) return wordsOf(detail ?? errors);
  const refusal = asObject(base);
  return refusal && refusal['status_code'] !== 0 ? (asText(refusal['status_msg']) ?? unnamed) : null;
}

/** The message for an upstream that sends nothing in the form of an answer. */
export const nothingSaid = 'It sent an answer with nothing in it.';
const unnamed = 'It gave no reason.';

function failureOfChoices(choices: readonly unknown[]): string | null {
  for (const value of choices) {
    const choice = asObject(value);
    if (!choice) continue;
    if (isSaid(choice['error'])) return wordsOf(choice['error']);
    if (choice['finish_reason'] === 'error') return unnamed;
  }
  return null;
}

function failureOfResponse(response: JsonObject | null): string | null {
  if (!response) return null;
  if (isSaid(response['error'])) return wordsOf(response['error']);
  return response['status'] === 'failed' ? unnamed : null;
}

/** Many answers carry an `error` member that reports none. */
function isSaid(error: unknown): boolean {
  if (typeof error === 'object' && error !== null) return Object.keys(error).length > 0;
  return error !== undefined && error !== null && error !== '' && error !== false && error !== 0;
}

function wordsOf(error: unknown): string {
  if (typeof error === 'string') return error;
  const [first = error] = asArray(error);
  const facts = asObject(first);
  return (
    asText(facts?.['message']) ??
    asText(facts?.['msg']) ??
    asText(facts?.['code']) ??
    asText(facts?.['type']) ??
    unnamed
  );
}
