/**
 * A binary heap that can also remove or move any of its members in O(log n): it remembers where each one is.
 * Members are compared by identity.
 */
export class IndexedHeap<T> {
  readonly #items: T[] = [];
  readonly #positions = new Map<T, number>();
  readonly #before: (left: T, right: T) => boolean;

  /** `before` is a strict order: true when `left` has to come out first. */
  constructor(before: (left: T, right: T) => boolean, items: Iterable<T> = []) {
    this.#before = before;
    for (const item of items) {
      this.#positions.set(item, this.#items.length);
      this.#items.push(item);
    }
    for (let at = (this.#items.length >> 1) - 1; at >= 0; at--) this.#sink(at);
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  add(item: T): void {
    if (this.#positions.has(item)) throw new Error('The item is in the heap already.');
    this.#positions.set(item, this.#items.length);
    this.#items.push(item);
    this.#rise(this.#items.length - 1);
  }

  /** To be called after the order of a member has changed. Does nothing for others. */
  update(item: T): void {
    const at = this.#positions.get(item);
    if (at === undefined) return;
    this.#rise(at);
    this.#sink(this.#positions.get(item) ?? at);
  }

  remove(item: T): boolean {
    const at = this.#positions.get(item);
    if (at === undefined) return false;
    const last = this.#items.pop();
    this.#positions.delete(item);
    if (last !== undefined && last !== item) {
      this.#place(last, at);
      this.update(last);
    }
    return true;
  }

  #rise(start: number): void {
    let at = start;
    const item = this.#items[at];
    if (item === undefined) return;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#items[parentAt];
      if (parent === undefined || !this.#before(item, parent)) break;
      this.#place(parent, at);
      at = parentAt;
    }
    this.#place(item, at);
  }

  #sink(start: number): void {
    let at = start;
    const item = this.#items[at];
    if (item === undefined) return;
    for (;;) {
      let childAt = 2 * at + 1;
      let child = this.#items[childAt];
      if (child === undefined) break;
      const right = this.#items[childAt + 1];
      if (right !== undefined && this.#before(right, child)) {
        childAt += 1;
        child = right;
      }
      if (!this.#before(child, item)) break;
      this.#place(child, at);
      at = childAt;
    }
    this.#place(item, at);
  }

  #place(item: T, at: number): void {
    this.#items[at] = item;
    this.#positions.set(item, at);
  }
}
