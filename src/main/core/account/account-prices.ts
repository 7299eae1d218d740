import type { Receipt } from '#shared/account/receipt.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import { createPriceBook, type PriceBook } from '#shared/metering/price-catalogue.ts';
import type { AccountClient } from './account-client.ts';

const mostVersions = 16;

/**
 * The price lists that an account publishes: the current one, by which its requests are metered, and earlier ones that
 * receipts name.
 */
export class AccountPrices {
  readonly #client: Pick<AccountClient, 'prices'>;
  readonly #onPresent: (prices: PriceBook) => void;
  /** By version; null: the account publishes none of that version. */
  readonly #versions = new Map<string, PriceBook | null>();
  #present: PriceBook | null = null;

  constructor(client: Pick<AccountClient, 'prices'>, onPresent: (prices: PriceBook) => void) {
    this.#client = client;
    this.#onPresent = onPresent;
  }

  /** Requests the current list. If a service publishes none, its requests are metered by the list that Corvus ships. */
  async fetch(): Promise<void> {
    const catalogue = await this.#client.prices().catch(() => null);
    if (!catalogue || catalogue.version === this.#present?.version) return;
    this.#present = createPriceBook(catalogue);
    this.#keep(catalogue.version, this.#present);
    this.#onPresent(this.#present);
  }

  /** The published price of what a receipt bills. An unknown version is fetched; it is probably the new current one. */
  async of({ catalogueVersion, modelBilled, modelRequested }: Receipt): Promise<ModelPrice | null> {
    if (!this.#versions.has(catalogueVersion)) await this.#fetchVersion(catalogueVersion);
    return this.#versions.get(catalogueVersion)?.find(modelBilled ?? modelRequested) ?? null;
  }

  async #fetchVersion(version: string): Promise<void> {
    await this.fetch();
    if (this.#versions.has(version)) return;
    // An account that cannot be reached is asked again with the next receipt.
    const catalogue = await this.#client.prices(version).catch(() => undefined);
    if (catalogue !== undefined) this.#keep(version, catalogue && createPriceBook(catalogue));
  }

  #keep(version: string, prices: PriceBook | null): void {
    this.#versions.set(version, prices);
    const [oldest] = this.#versions.keys();
    if (this.#versions.size > mostVersions && oldest !== undefined) this.#versions.delete(oldest);
  }
}
