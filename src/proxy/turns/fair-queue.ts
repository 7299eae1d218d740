/** A round-robin queue: one item of each owner in turn, so that an owner with many items delays only itself. */
export class FairQueue<Item> {
  /** In the order of the owners' turns. */
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
