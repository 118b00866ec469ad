/** Gathers what happens in one turn of the event loop and hands it over in one message. */
export class TurnBatch<Item> {
  readonly #flush: (items: readonly Item[]) => void;
  #items: Item[] = [];

  constructor(flush: (items: readonly Item[]) => void) {
    this.#flush = flush;
  }

  add(item: Item): void {
    this.#items.push(item);
    if (this.#items.length === 1) {
      setImmediate(() => {
        const items = this.#items;
        this.#items = [];
        this.#flush(items);
      });
    }
  }
}
