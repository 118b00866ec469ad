/**
 * Virtual time: a queue of things to do, ordered by instant and, at the same instant, by the order of asking.
 *
 * A binary heap; one simulated second passes thousands of events through it.
 */
export class Timeline {
  #now = 0;
  #sequence = 0;
  readonly #heap: Happening[] = [];

  /** Virtual milliseconds since the start of the simulation. */
  get now(): number {
    return this.#now;
  }

  /** Runs `action` after `delay` virtual milliseconds (at least 0). */
  after(delay: number, action: () => void): void {
    this.at(this.#now + Math.max(0, delay), action);
  }

  /** Runs `action` at an instant; one in the past counts as now. */
  at(instant: number, action: () => void): void {
    this.#sequence += 1;
    const heap = this.#heap;
    const added = { instant: Math.max(instant, this.#now), sequence: this.#sequence, action };
    let place = heap.length;
    heap.push(added);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(added, parent)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = added;
  }

  /** Moves to the next happening not later than `limit` and runs it; false when there is none. */
  advance(limit: number): boolean {
    const first = this.#heap[0];
    if (first === undefined || first.instant > limit) {
      this.#now = Math.max(this.#now, limit);
      return false;
    }
    const last = this.#heap.pop();
    if (last !== undefined && last !== first) this.#sinkFromTop(last);
    this.#now = first.instant;
    first.action();
    return true;
  }

  #sinkFromTop(sinking: Happening): void {
    const heap = this.#heap;
    let place = 0;
    for (;;) {
      const left = heap[2 * place + 1];
      if (left === undefined) break;
      const right = heap[2 * place + 2];
      const takeRight = right !== undefined && isBefore(right, left);
      const child = takeRight ? right : left;
      if (!isBefore(child, sinking)) break;
      heap[place] = child;
      place = 2 * place + (takeRight ? 2 : 1);
    }
    heap[place] = sinking;
  }
}

interface Happening {
  readonly instant: number;
  readonly sequence: number;
  readonly action: () => void;
}

function isBefore(left: Happening, right: Happening): boolean {
  return (
    left.instant < right.instant ||
    (left.instant === right.instant && left.sequence < right.sequence)
  );
}
