import type { PriceCatalogue } from '#shared/domain/model-price.ts';
import { type NanoUsd, nanoUsd, parseUsd, usdText } from '#shared/money.ts';
import { parseCatalogue } from '#shared/metering/price-catalogue.ts';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import { startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';
import { type App, readAccount } from './run-app.ts';

/** The catalogue with the echo model at another price. */
export function catalogueWithEchoAt(input: string, output: string): PriceCatalogue {
  const models = catalogue.models.map((model) =>
    model.slug === 'corvus/echo' ? { ...model, prices: { input, output } } : model,
  );
  return parseCatalogue({ ...catalogue, models });
}

/**
 * A service that sells for money, with one account that has bought this much: ordered by its key, confirmed by the
 * operator.
 */
export async function startHostedService(topup: string, priceCatalogue: PriceCatalogue): Promise<TestBackend> {
  const service = await startTestBackend({ isPlayMoney: false, priceCatalogue });
  const reply = await service.call('/v1/account/topups', { body: { amount: topup } });
  const order: unknown = await reply.json();
  const orderId = typeof order === 'object' && order !== null && 'id' in order ? String(order.id) : '';
  const { kind } = await service.backend.confirmOrderPaid(orderId, `payment of ${orderId}`);
  if (kind !== 'credited') throw new Error(`the order was not credited: ${kind}`);
  return service;
}

export async function connectApp(app: App, { baseUrl, customerKey }: TestBackend): Promise<void> {
  await app.call('account.connect', { baseUrl, customerKey });
}

export interface Watch {
  /** The lowest figures seen. */
  stop(): Promise<{ lowest: NanoUsd; looks: number }>;
}

/** Looks at an account without a pause, as fast as it answers. */
export function watchBalance({ baseUrl, customerKey }: TestBackend): Watch {
  let isWatching = true;
  let lowest: bigint | null = null;
  let looks = 0;
  const watching = (async () => {
    while (isWatching) {
      const account = await readAccount(baseUrl, customerKey);
      for (const text of [account.balance, account.spendable, account.held]) {
        const figure = parseUsd(text);
        if (figure === null) throw new Error(`"${text}" is no amount`);
        lowest = lowest === null || figure < lowest ? figure : lowest;
      }
      looks += 1;
    }
  })();
  // The caller that stops it handles this; a test that failed earlier no longer waits for it.
  watching.catch(() => undefined);
  return {
    async stop() {
      isWatching = false;
      await watching;
      return { lowest: nanoUsd(lowest ?? -1n), looks };
    },
  };
}

export function sum(amounts: readonly (string | null)[]): string {
  return usdText(
    nanoUsd(amounts.reduce((total, amount) => total + (amount === null ? 0n : (parseUsd(amount) ?? 0n)), 0n)),
  );
}
