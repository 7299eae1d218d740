import type { Call, Outcome } from '#proxy/call.ts';
import { asObject, asText, parseJson } from '#shared/dialects/json-value.ts';
import { saysOutOfMoney } from '#shared/dialects/out-of-money.ts';
import { CorvusError } from '#shared/errors.ts';
import { envelopeIdSchema } from '#shared/ids.ts';
import { minuteMs } from '#shared/time.ts';
import type { LocalKeyCaller } from '../keys/local-key-ring.ts';
import type { Parking, Shortage, Stay } from '../parking/parking.ts';
import type { Place } from '../envelopes/size-call.ts';

/** The waits for money of one call; null: its key does not wait, so it is refused at once. */
export function stayOf(
  parking: Parking,
  call: Call,
  caller: LocalKeyCaller,
  clientGone: AbortSignal,
  keepAlive: () => void,
): Stay | null {
  const { waitMinutes } = caller.limits;
  if (waitMinutes === null) return null;
  return parking.stay({
    requestId: call.requestId,
    localKeyId: caller.id,
    localKeyLabel: caller.label,
    model: call.facts.model,
    bytes: call.body.length,
    longestMs: waitMinutes * minuteMs,
    clientGone,
    keepAlive,
  });
}

/** The shortage behind a refusal by Corvus itself; null: more money would not help. */
export function shortageHere(error: unknown): Shortage | null {
  if (!(error instanceof CorvusError) || error.code !== 'insufficient_credits') return null;
  const { reason, envelope, required = null } = error.details.body ?? {};
  const id = envelopeIdSchema.safeParse(envelope);
  if (reason !== 'envelope' || !id.success) return null;
  return { awaits: { kind: 'envelope', id: id.data }, required: typeof required === 'string' ? required : null };
}

/** The shortage behind a refusal by the prepaid account. */
export function shortageThere({ refusal, errorMessage }: Outcome, { lane }: Place): Shortage | null {
  if (lane !== 'prepaid' || !saysOutOfMoney(errorMessage ?? '')) return null;
  return {
    awaits: { kind: 'balance' },
    required: refusal instanceof CorvusError || refusal === null ? null : requiredBy(refusal),
  };
}

/** A refusal is a few hundred bytes. */
const mostReadBytes = 8 * 1024;

/** The least that a request needs, according to the account. */
function requiredBy(refusal: Buffer): string | null {
  if (refusal.length > mostReadBytes) return null;
  const error = asObject(asObject(parseJson(refusal.toString('utf8')))?.['error']);
  return asText(error?.['required']) ?? asText(asObject(error?.['details'])?.['required']);
}
