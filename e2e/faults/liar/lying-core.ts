/**
 * Stands for the consensus core in the liar's process: the real one, with the simulator's liar around it and the lies that need real
 * blocks and reads. A core that stops, since its lies led to what it takes for more than f faults, is restarted after a while
 * of lies alone.
 */
import { createEntry } from '../../../packages/mokka/src/codec/entry-codec.ts';
import { Core as RealCore } from '../../../packages/mokka/src/core/core.ts';
import type { Effect } from '../../../packages/mokka/src/core/effect.ts';
import type { Entry } from '../../../packages/mokka/src/core/entry.ts';
import type { Input } from '../../../packages/mokka/src/core/input.ts';
import type { Message } from '../../../packages/mokka/src/core/message.ts';
import type { CoreOptions } from '../../../packages/mokka/src/core/options.ts';
import type { RestoredState } from '../../../packages/mokka/src/core/restored-state.ts';
import type {
  EntryHash,
  Instant,
  LogIndex,
  NodeId,
  StateDigest,
  Term,
} from '../../../packages/mokka/src/core/types.ts';
import { Forger } from '../../../packages/mokka/src/simulator/byzantine/forgery.ts';
import { Knowledge } from '../../../packages/mokka/src/simulator/byzantine/knowledge.ts';
import { Liar } from '../../../packages/mokka/src/simulator/byzantine/liar.ts';
import { liar } from './liar-process.ts';

/** Chance per step of a lie out of nothing: some per second on a busy node. */
const EAGERNESS = 0.04;
/** Milliseconds of lies alone after the core inside has stopped. */
const AFTERLIFE_MS = 8_000;

type Send = Extract<Effect, { type: 'send' }>;

export class Core extends RealCore {
  readonly #self: NodeId;
  readonly #liar: Liar;
  readonly #forger: Forger;
  readonly #random = liar.random('core');
  #stoppedAt: number | null = null;

  constructor(options: CoreOptions, restored: RestoredState) {
    super(options, restored);
    const { self, validators, crashModel, clusterId, rootHash, signatures } = options;
    this.#self = self;
    const { applied, stateDigest } = restored;
    const circumstances = {
      ...{
        self,
        contacts: validators,
        validators,
        crashModel,
        clusterId,
        rootHash,
        signatures,
      },
      application: { applied, stateDigest, certificate: null },
    };
    this.#liar = new Liar(
      {
        step: (input, instant) => this.#stepInside(input, instant),
        nextDeadline: () => super.nextDeadline(),
      },
      circumstances,
      { habits: liar.habits, eagerness: EAGERNESS, onLie: (habit) => liar.note(habit) },
      liar.random('liar'),
    );
    this.#forger = new Forger(
      { ...circumstances, stateDigest },
      self,
      this.#random,
      new Knowledge(this.#random),
    );
  }

  override step(input: Input, instant: Instant): Effect[] {
    this.#endAfterlife(instant);
    return this.#liar
      .step(input, instant)
      .flatMap((effect) => (effect.type === 'send' ? this.#twist(effect) : [effect]));
  }

  override nextDeadline(): number | null {
    return this.#liar.nextDeadline();
  }

  #stepInside(input: Input, instant: Instant): readonly Effect[] {
    const effects = super.step(input, instant);
    for (const effect of effects) {
      if (effect.type !== 'halt') continue;
      this.#stoppedAt = instant.now;
      process.stderr.write(`the liar's core stopped: ${effect.code}: ${effect.reason}\n`);
    }
    return effects;
  }

  #endAfterlife({ now }: Instant): void {
    if (this.#stoppedAt !== null && now - this.#stoppedAt > AFTERLIFE_MS) process.exit(1);
  }

  #twist(effect: Send): Effect[] {
    const { message } = effect;
    switch (message.type) {
      case 'propose': {
        const { entry } = message;
        if (entry.proposer !== this.#self || entry.kind !== 'payload') return [effect];
        if (liar.lies('stalls-as-leader', this.#random)) return [];
        if (!liar.lies('proposes-invalid-blocks', this.#random, 0.7)) return [effect];
        return [{ ...effect, message: this.#forger.proposal(this.#invalid(entry)) }];
      }
      case 'read-position': {
        if (!liar.lies('lies-about-reads', this.#random, 0.8)) return [effect];
        return [{ ...effect, message: { ...message, lock: this.#otherPosition(message) } }];
      }
      default:
        return [effect];
    }
  }

  #invalid(entry: Entry): Entry {
    const payload = new Uint8Array(entry.payload);
    const place = this.#random.integer(0, Math.max(0, payload.length - 1));
    payload[place] = (payload[place] ?? 0) ^ this.#random.integer(1, 255);
    return createEntry(
      this.#random.pick([
        { ...entry, payload },
        { ...entry, payload: payload.slice(0, place) },
        { ...entry, payload: new Uint8Array() },
        { ...entry, stateDigest: 'ab'.repeat(32) as StateDigest },
        { ...entry, timestamp: entry.timestamp + this.#random.pick([-1e6, 1e6, 1e9]) },
      ]),
    );
  }

  #otherPosition({ lock }: Extract<Message, { type: 'read-position' }>): typeof lock {
    const { term, index } = lock;
    const hash = 'cd'.repeat(32) as EntryHash;
    return this.#random.pick([
      { ...lock, index: Math.max(0, index - 5) as LogIndex },
      { term: 1 as Term, index: 1 as LogIndex, hash },
      { ...lock, index: (index + 1) as LogIndex, hash },
      { term: (term + 1_000) as Term, index: (index + 1e9) as LogIndex, hash },
    ]);
  }
}
