import type { SaidError } from '../errors.ts';
import { statusOfName } from './error-names.ts';
import { asArray, asCount, asObject, asText, type JsonObject } from './json-value.ts';

/** An error that an upstream reports where it should have answered. */
export interface SaidFailure extends SaidError {
  /** What a refusal for the same reason would have; null where it cannot be told. */
  status: number | null;
}

/**
 * The error that an upstream reports in an event of a stream, or in the body of a success. The dialects have similar
 * forms, and servers of one dialect use those of others.
 * @returns null when it reports no failure
 */
export function failureIn(value: JsonObject): SaidFailure | null {
  const { error, type, object, choices, response, delta, status, stop_reason: stopReason } = value;
  if (isSaid(error)) return saidIn(error);
  if (type === 'error' || type === 'response.failed' || object === 'error')
    return saidIn(asObject(response)?.['error'] ?? value);
  if (status === 'failed' || status === 'error' || stopReason === 'error') return saidIn(value);
  if (Array.isArray(choices)) return failureOfChoices(choices);
  if (typeof response === 'object') return failureOfResponse(asObject(response));
  return typeof delta === 'object' && asObject(delta)?.['stop_reason'] === 'error' ? unnamed : null;
}

/** For a body that is no answer of its dialect: how servers word an error without declaring it one. */
export function failureWithoutName(value: JsonObject): SaidFailure | null {
  const { message, msg, detail, errors, base_resp: base } = value;
  for (const words of [message, msg, detail])
    if (typeof words === 'string') return { ...saidIn(value), message: words };
  if (isSaid(detail) || isSaid(errors)) return saidIn(detail ?? errors);
  const refusal = asObject(base);
  if (!refusal || refusal['status_code'] === 0) return null;
  return { ...unnamed, message: asText(refusal['status_msg']) ?? unnamed.message };
}

const unnamed: SaidFailure = { message: 'It gave no reason.', type: null, code: null, param: null, status: null };
/** For an upstream that sends nothing in the form of an answer. */
export const nothingSaid: SaidFailure = { ...unnamed, message: 'It sent an answer with nothing in it.' };

function failureOfChoices(choices: readonly unknown[]): SaidFailure | null {
  for (const value of choices) {
    const choice = asObject(value);
    if (!choice) continue;
    if (isSaid(choice['error'])) return saidIn(choice['error']);
    if (choice['finish_reason'] === 'error') return unnamed;
  }
  return null;
}

function failureOfResponse(response: JsonObject | null): SaidFailure | null {
  if (!response) return null;
  if (isSaid(response['error'])) return saidIn(response['error']);
  return response['status'] === 'failed' ? unnamed : null;
}

/** Many answers carry an `error` member that reports none. */
function isSaid(error: unknown): boolean {
  if (typeof error === 'object' && error !== null) return Object.keys(error).length > 0;
  return error !== undefined && error !== null && error !== '' && error !== false && error !== 0;
}

function saidIn(error: unknown): SaidFailure {
  if (typeof error === 'string') return { ...unnamed, message: error };
  const [first = error] = asArray(error);
  const facts = asObject(first) ?? {};
  const [type, code] = [asText(facts['type']), asText(facts['code'])];
  const message = asText(facts['message']) ?? asText(facts['msg']) ?? code ?? type ?? unnamed.message;
  return {
    message,
    type: type ?? asText(facts['status']),
    code,
    param: asText(facts['param']),
    status: statusOf(facts),
  };
}

/** Said as a number, or by a name; the number in a text, too. */
function statusOf({ code, status, type }: JsonObject): number | null {
  for (const value of [code, status]) {
    const number = asCount(typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value);
    if (number !== null && number >= 400 && number < 600) return number;
  }
  const names = [code, status, type].flatMap((name) => asText(name) ?? []);
  return names.map(statusOfName).find((known) => known !== null) ?? null;
}
