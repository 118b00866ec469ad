/**
 * The virtual network: loss, delay, reordering, duplication, replay of old messages, and links that are cut in one
 * direction or both.
 *
 * Without reordering a link delivers in the order of sending, as the transport promises. A cut swallows silently; whether
 * nodes are told of a broken connection is decided by whoever cuts.
 */
import type { Message } from '../../core/message.ts';
import type { NetworkConditions } from '../scenario.ts';
import type { FaultCounts } from '../statistics.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';
import { ViolationError } from './violation.ts';

/** Old messages kept for replay. */
const REPLAY_MEMORY = 400;

export interface MessageCodec {
  readonly encodeMessage: (message: Message) => Uint8Array;
  readonly decodeMessage: (bytes: Uint8Array) => Message;
}

export interface NetworkSettings {
  readonly nodes: number;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly codec: MessageCodec;
  /** Its messages always pass through the wire encoding, which may refuse them. */
  readonly isLiar?: (node: number) => boolean;
  readonly counts: FaultCounts;
  readonly deliver: (from: number, to: number, message: Message) => void;
}

/** A message on its way, decoded only when it passes through the wire encoding. */
type Parcel =
  | { readonly type: 'message'; readonly message: Message }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array };

export class VirtualNetwork {
  messages = 0;
  readonly #settings: NetworkSettings;
  #conditions: NetworkConditions;
  /** How many cuts lie on each directed link. */
  readonly #cuts: number[];
  readonly #lastArrival: number[];
  /** How many times longer than usual each directed link takes. */
  readonly #slowness: number[];
  readonly #old: { readonly from: number; readonly to: number; readonly parcel: Parcel }[] = [];
  readonly #encoded = new WeakMap<Message, Uint8Array>();

  constructor(settings: NetworkSettings, conditions: NetworkConditions) {
    this.#settings = settings;
    this.#conditions = conditions;
    this.#cuts = new Array<number>(settings.nodes ** 2).fill(0);
    this.#lastArrival = new Array<number>(settings.nodes ** 2).fill(0);
    this.#slowness = new Array<number>(settings.nodes ** 2).fill(1);
  }

  /** Loss, duplication, reordering and replay end; delays become short. */
  heal(): void {
    const { codec } = this.#conditions;
    const quiet = { loss: 0, reordering: 0, duplication: 0, replay: 0 };
    this.#conditions = { minDelay: 0.2, meanDelay: 0.5, ...quiet, codec };
    this.#slowness.fill(1);
  }

  isOpen(from: number, to: number): boolean {
    return this.#cuts[this.#link(from, to)] === 0;
  }

  cut(from: number, to: number): void {
    const link = this.#link(from, to);
    this.#cuts[link] = (this.#cuts[link] ?? 0) + 1;
  }

  mend(from: number, to: number): void {
    const link = this.#link(from, to);
    this.#cuts[link] = Math.max(0, (this.#cuts[link] ?? 0) - 1);
  }

  /** Removes every cut of a link, however many. */
  open(from: number, to: number): void {
    this.#cuts[this.#link(from, to)] = 0;
  }

  /** From now on messages of this direction take `factor` times as long; 1 is usual. */
  slow(from: number, to: number, factor: number): void {
    this.#slowness[this.#link(from, to)] = factor;
  }

  send(from: number, to: number, message: Message): void {
    const { random, counts } = this.#settings;
    const conditions = this.#conditions;
    this.messages += 1;
    const parcel = this.#pack(from, message);
    if (random.chance(conditions.replay)) this.#replay();
    if (conditions.replay > 0) this.#remember(from, to, parcel);
    if (!this.isOpen(from, to)) {
      counts.cutMessages += 1;
      return;
    }
    if (random.chance(conditions.loss)) {
      counts.lost += 1;
      return;
    }
    this.#dispatch(from, to, parcel);
    if (random.chance(conditions.duplication)) {
      counts.duplicated += 1;
      this.#dispatch(from, to, parcel);
    }
  }

  #dispatch(from: number, to: number, parcel: Parcel): void {
    const { random, timeline, counts } = this.#settings;
    const conditions = this.#conditions;
    const link = this.#link(from, to);
    const usual = conditions.minDelay + random.exponential(conditions.meanDelay);
    const delay = usual * (this.#slowness[link] ?? 1);
    if (random.chance(conditions.reordering)) {
      counts.reordered += 1;
      timeline.after(delay * random.between(1, 10), () => this.#deliver(from, to, parcel));
      return;
    }
    const arrival = Math.max(this.#lastArrival[link] ?? 0, timeline.now + delay);
    this.#lastArrival[link] = arrival;
    timeline.at(arrival, () => this.#deliver(from, to, parcel));
  }

  #replay(): void {
    if (this.#old.length === 0) return;
    const { random, timeline, counts } = this.#settings;
    const { from, to, parcel } = random.pick(this.#old);
    counts.replayed += 1;
    timeline.after(random.between(0, 50), () => {
      if (this.isOpen(from, to)) this.#deliver(from, to, parcel);
    });
  }

  /** Keeps a sample of the whole run, not only of its end. */
  #remember(from: number, to: number, parcel: Parcel): void {
    const { random } = this.#settings;
    if (this.#old.length < REPLAY_MEMORY) this.#old.push({ from, to, parcel });
    else if (random.chance(0.2)) {
      this.#old[random.integer(0, REPLAY_MEMORY - 1)] = { from, to, parcel };
    }
  }

  #pack(from: number, message: Message): Parcel {
    if (!this.#conditions.codec && this.#settings.isLiar?.(from) !== true)
      return { type: 'message', message };
    const bytes = this.#encoded.get(message) ?? this.#settings.codec.encodeMessage(message);
    this.#encoded.set(message, bytes);
    return { type: 'bytes', bytes };
  }

  #deliver(from: number, to: number, parcel: Parcel): void {
    if (parcel.type === 'message') {
      this.#settings.deliver(from, to, parcel.message);
      return;
    }
    let message: Message;
    try {
      message = this.#settings.codec.decodeMessage(parcel.bytes);
    } catch (error) {
      if (this.#settings.isLiar?.(from) === true) return;
      const reason = error instanceof Error ? error.message : String(error);
      throw new ViolationError('codec', `the decoder refuses an honest message: ${reason}`);
    }
    this.#settings.deliver(from, to, message);
  }

  #link(from: number, to: number): number {
    return from * this.#settings.nodes + to;
  }
}
