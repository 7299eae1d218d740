import type { Admission, Call, CallService } from '#proxy/call.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { KnownCaller } from '../auth/roles.ts';
import { type WatchedCaller, watchCaller } from '../accounts/watch-caller.ts';
import { rateHeaders } from '../limits/rate-state.ts';
import type { CallSlots } from './call-slots.ts';
import { createGrowingHold } from './growing-hold.ts';
import { quoteFor } from './quotes/create-quotes.ts';
import type { QuoteDeps } from './quotes/quote-deps.ts';
import { createLimitTrust } from './limit-trust.ts';
import { createOutputForecast } from './output-forecast.ts';
import { growForCall, type ReserveDeps, reserveForCall } from './reserve-for-call.ts';
import { type SettleDeps, settleCall } from './settle-call.ts';

/** What the steps of a call work with, and who may make one. */
export interface PrepaidDeps
  extends ReserveDeps, SettleDeps, Omit<QuoteDeps, 'forecast' | 'trust' | 'telemetry' | 'logger'> {
  slots: CallSlots;
  authenticator: Authenticator;
  /** Whether the service takes new calls. */
  isOpen(): boolean;
}

/** The hosted service's part in a call: who pays, what is held, which upstreams may answer, and what it cost. */
export function createPrepaidCallService(parts: PrepaidDeps): CallService<KnownCaller> {
  const { clock, events, live, authenticator } = parts;
  const quoting: QuoteDeps = { ...parts, forecast: createOutputForecast(), trust: createLimitTrust() };

  async function admit(call: Call, authenticated: KnownCaller): Promise<Admission> {
    // Since the call began its body has been read, and it may have waited in the queue.
    const right = watchCaller(authenticator, authenticated, clock.nowMs);
    try {
      return await admitWhile(right, call);
    } catch (error) {
      right.stop();
      throw error;
    }
  }

  async function admitWhile(right: WatchedCaller, call: Call): Promise<Admission> {
    if (!parts.isOpen()) throw new CorvusError('shutting_down', undefined, { retryAfterSeconds: 1 });
    const quote = await quoteFor(quoting, call);
    const { caller, amount, billing, rate } = await live.admit(call.requestId, () =>
      parts.telemetry.step(call, 'hold', clock.nowMs(), () => reserveForCall(parts, call, right, quote)),
    );
    const { candidates } = quote;
    events.emit('account.held', { accountId: caller.accountId });
    const hold = createGrowingHold({
      size: quote.size,
      held: amount,
      limitTokens: limitOf(call),
      grow: (holdRequest, mayWait) => growForCall(parts, { call, caller, holdRequest, mayWait }),
    });
    return {
      targets: candidates.targets,
      retryAfterSeconds: candidates.retryAfterSeconds,
      replyHeaders: rateHeaders(rate),
      cover(tokens) {
        right.requireValid();
        return quote.isPaidAsItGoes ? hold.cover(tokens) : true;
      },
      settle(outcome) {
        right.stop();
        return settleCall(parts, { call, caller, outcome, billing }, { quote, hold, held: amount });
      },
    };
  }

  return {
    authenticate: (secret) => authenticator.authenticate(secret),
    shareOf: ({ accountId }) => accountId,
    enter: (caller, clientGone) => parts.slots.enter(caller, clientGone),
    admit,
  };
}

/** The caller's limit for all answers together; null: none. */
function limitOf({ facts }: Call): number | null {
  return facts.maxOutputTokens === null ? null : facts.maxOutputTokens * facts.choices;
}
