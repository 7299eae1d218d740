/**
 * Waiting items, one of each owner after the other: who has many of them waits for himself, and others do not wait for
 * him.
 */
export class FairQueue<Item> {
  /** In the order in which it is the owners' turn. */
  readonly #owners = new Map<unknown, Item[]>();

  get isEmpty(): boolean {
    return this.#owners.size === 0;
  }

  push(owner: unknown, item: Item): void {
    const own = this.#owners.get(owner);
    if (own) own.push(item);
    else this.#owners.set(owner, [item]);
  }

  shift(): Item | undefined {
    for (const [owner, own] of this.#owners) {
      const item = own.shift();
      if (own.length > 0 && this.#owners.size === 1) return item;
      this.#owners.delete(owner);
      if (own.length > 0) this.#owners.set(owner, own);
      return item;
    }
    return undefined;
  }
}
