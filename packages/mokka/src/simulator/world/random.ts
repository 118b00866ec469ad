/**
 * Seeded pseudo-random numbers: the only source of chance in a simulation.
 *
 * xoshiro128** (Blackman and Vigna) seeded through splitmix32. Independent streams are forked by name, so that
 * drawing more numbers in one part of the world does not change what happens in another.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number, stream = '') {
    let state = mixWords(seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0);
    for (let at = 0; at < stream.length; at += 1) state = mixWords(state, stream.charCodeAt(at));
    const word = (): number => {
      state = (state + 0x9e3779b9) >>> 0;
      return mixWords(state, 0x85ebca6b);
    };
    this.#a = word();
    this.#b = word();
    this.#c = word();
    this.#d = word() | 1;
  }

  /** Uniform in 0 .. 2^32 - 1. */
  word(): number {
    const product = Math.imul(this.#b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** Uniform in [0, 1). */
  fraction(): number {
    return this.word() / 2 ** 32;
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.fraction();
  }

  /** Uniform whole number in low .. high, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return probability > 0 && this.fraction() < probability;
  }

  /** Exponentially distributed with the given mean, cut at ten times the mean. */
  exponential(mean: number): number {
    return Math.min(-Math.log(1 - this.fraction()), 10) * mean;
  }

  /** A random element. Throws on an empty list. */
  pick<Value>(values: readonly Value[]): Value {
    const value = values[Math.floor(this.fraction() * values.length)];
    if (value === undefined) throw new RangeError('Can not pick from an empty list.');
    return value;
  }

  /** A new list of `count` different elements in random order. */
  sample<Value>(values: readonly Value[], count: number): Value[] {
    const rest = [...values];
    const chosen: Value[] = [];
    while (chosen.length < count && rest.length > 0) {
      chosen.push(...rest.splice(Math.floor(this.fraction() * rest.length), 1));
    }
    return chosen;
  }
}

function mixWords(left: number, right: number): number {
  let mixed = (left ^ Math.imul(right, 0x9e3779b1)) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
