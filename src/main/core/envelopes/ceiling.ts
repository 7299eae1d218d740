import type { Call } from '#proxy/call.ts';
import type { LocalKeyLimits } from '#shared/domain/local-key.ts';
import { positiveUsdSchema } from '#shared/domain/envelope.ts';
import { CorvusError } from '#shared/errors.ts';
import { type NanoUsd, nanoUsd, parseUsd, usdText, zeroUsd } from '#shared/money.ts';
import { leastCost, type PricedSize } from './size-call.ts';

/** The most that one request may cost, with all its parts. */
export interface Ceiling {
  readonly limit: NanoUsd;
  spent: bigint;
  held: bigint;
}

const headerName = 'x-corvus-max-cost-usd';

/** The ceiling that a request names, else its key's; null: it has none. Throws `bad_request` where it is no amount. */
export function ceilingOf(
  { headers }: Pick<Call, 'headers'>,
  { maxCostUsd }: Pick<LocalKeyLimits, 'maxCostUsd'>,
): Ceiling | null {
  const named = headers[headerName];
  const amount = named === undefined ? maxCostUsd : (positiveUsdSchema.safeParse(named).data ?? null);
  if (named !== undefined && amount === null) {
    throw new CorvusError('bad_request', `The header ${headerName} must be an amount of US dollars such as 0.25.`, {
      param: headerName,
    });
  }
  return amount === null ? null : { limit: parseUsd(amount) ?? zeroUsd, spent: 0n, held: 0n };
}

export function roomBelow({ limit, spent, held }: Ceiling): NanoUsd {
  return nanoUsd(limit - spent - held);
}

/** What it is sent costs more than the request may, whatever the answer. */
export function ceilingError(ceiling: Ceiling, size: PricedSize): CorvusError {
  const [limit, required] = [usdText(ceiling.limit), usdText(leastCost(size))];
  return new CorvusError(
    'insufficient_credits',
    `This request may cost $${limit}, and needs at least $${required}. Send less, or raise its ceiling: the header ${headerName}, or the limit of its key.`,
    { status: 402, body: { reason: 'ceiling', limit, required } },
  );
}

/** Without a price no ceiling can be kept. */
export function unboundedError(model: string): CorvusError {
  return new CorvusError(
    'model_not_priced',
    `"${model}" has no price here, so this request cannot be kept below a ceiling. Leave the ceiling out.`,
    {
      param: 'model',
    },
  );
}
