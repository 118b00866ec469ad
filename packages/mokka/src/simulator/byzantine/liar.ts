/**
 * A Byzantine node: a real core with the real key, whose messages are changed, held back and added to on their way out.
 *
 * The core inside keeps it credible: it follows terms, stores and answers. When that core finds its own contradictions and
 * stops, the liar goes on with lies alone.
 */
import type { Effect } from '../../core/effect.ts';
import type { Entry } from '../../core/entry.ts';
import type { Input } from '../../core/input.ts';
import type { Message } from '../../core/message.ts';
import type { SnapshotOffer } from '../../core/snapshot-exchange.ts';
import type { EntryHash, Instant, NodeId } from '../../core/types.ts';
import type { BootRequest, ConsensusCore, CoreBinding } from '../binding.ts';
import type { Random } from '../world/random.ts';
import { Forger } from './forgery.ts';
import type { Habit } from './habits.ts';
import { Knowledge } from './knowledge.ts';

export interface LiarPlan {
  /** Looked at anew at every step. */
  readonly habits: ReadonlySet<Habit>;
  /** Chance per step of a lie out of nothing. */
  readonly eagerness: number;
  /** Told of each lie. */
  readonly onLie: (habit: Habit) => void;
}

type Send = Extract<Effect, { type: 'send' }>;

/** What a liar has to know of its cluster and itself. */
export type LiarCircumstances = Pick<
  BootRequest,
  | 'self'
  | 'contacts'
  | 'validators'
  | 'crashModel'
  | 'clusterId'
  | 'rootHash'
  | 'signatures'
  | 'application'
>;

/** Milliseconds between two steps of a liar whose core has stopped. */
const RESTLESS = 40;

/** Makes liars of some nodes. */
export function withLiars(
  binding: CoreBinding,
  plans: ReadonlyMap<number, LiarPlan>,
  randomOf: (node: number) => Random,
): CoreBinding {
  const randoms = new Map([...plans.keys()].map((node) => [node, randomOf(node)]));
  return {
    ...binding,
    boot: async (request) => {
      const core = await binding.boot(request);
      const plan = plans.get(request.node);
      const random = randoms.get(request.node);
      if (plan === undefined || random === undefined) return core;
      return new Liar(core, request, plan, random);
    },
  };
}

export class Liar implements ConsensusCore {
  readonly #core: ConsensusCore;
  readonly #plan: LiarPlan;
  readonly #random: Random;
  readonly #knowledge: Knowledge;
  readonly #forger: Forger;
  readonly #others: readonly NodeId[];
  /** The other chain that a part of the nodes is shown, by the hash of the true entry. */
  readonly #twins = new Map<EntryHash, Entry>();
  readonly #deceived: ReadonlySet<NodeId>;
  readonly #neglected: ReadonlySet<string>;
  /** The first offer that it could have made, and the chunk that it gave last. */
  #firstOffer: SnapshotOffer | null = null;
  #lastChunk: Uint8Array | null = null;
  #stopped = false;
  #now = 0;

  constructor(core: ConsensusCore, request: LiarCircumstances, plan: LiarPlan, random: Random) {
    this.#core = core;
    this.#plan = plan;
    this.#random = random;
    this.#knowledge = new Knowledge(random);
    const { self } = request;
    this.#forger = new Forger(
      { ...request, stateDigest: request.application.stateDigest },
      self,
      random,
      this.#knowledge,
    );
    // Not only the present validators: whoever hears it may be one soon.
    this.#others = request.contacts.filter((id) => id !== self);
    this.#deceived = new Set(this.#others.filter(() => random.chance(0.5)));
    const kinds = ['propose', 'vote', 'term-vote', 'certificate', 'entries', 'heartbeat'];
    this.#neglected = new Set(
      this.#others.flatMap((id) =>
        kinds.filter(() => random.chance(0.3)).map((kind) => `${id}/${kind}`),
      ),
    );
  }

  nextDeadline(): number | null {
    return this.#stopped ? this.#now + RESTLESS : this.#core.nextDeadline();
  }

  step(input: Input, instant: Instant): readonly Effect[] {
    this.#now = instant.now;
    if (input.type === 'message') this.#knowledge.learn(input.message);
    if (input.type === 'snapshot-offered') this.#firstOffer ??= input.offer;
    const effects: Effect[] = [];
    if (!this.#stopped && !this.#isCensored(input)) {
      for (const effect of this.#core.step(input, instant)) {
        if (effect.type === 'halt') this.#stopped = true;
        else if (effect.type === 'send') effects.push(...this.#twist(effect));
        else effects.push(effect);
      }
    }
    if (input.type === 'message' && input.message.type === 'propose') {
      effects.push(...this.#voteForEverything(input.message.entry));
    }
    if (this.#random.chance(this.#plan.eagerness)) effects.push(...this.#invent());
    return effects;
  }

  #lies(habit: Habit, chance = 1): boolean {
    if (!this.#plan.habits.has(habit) || !this.#random.chance(chance)) return false;
    this.#plan.onLie(habit);
    return true;
  }

  #isCensored(input: Input): boolean {
    return input.type === 'pending' && this.#lies('censors');
  }

  /** What becomes of a message that the core wants to send. */
  #twist(effect: Send): Effect[] {
    const { to, message } = effect;
    this.#knowledge.learn(message);
    if (this.#neglected.has(`${to}/${message.type}`) && this.#lies('withholds', 0.8)) return [];
    if (message.type === 'chunk' && this.#lies('withholds-chunks', 0.4)) return [];
    const lie = this.#lieInstead(to, message);
    return [lie === null ? effect : { ...effect, message: lie }];
  }

  #lieInstead(to: NodeId, message: Message): Message | null {
    switch (message.type) {
      case 'propose': {
        if (message.entry.proposer !== this.#forger.self || !this.#deceived.has(to)) return null;
        if (!this.#lies('equivocates-proposals')) return null;
        return this.#forger.proposal(this.#twinOf(message.entry));
      }
      case 'vote': {
        const twin = this.#deceived.has(to) ? this.#twins.get(message.vote.hash) : undefined;
        if (twin === undefined || !this.#lies('votes-for-everything')) return null;
        return { type: 'vote', vote: this.#forger.vote(twin, message.vote.phase) };
      }
      case 'term-vote': {
        if (message.termVote.voter !== this.#forger.self) return null;
        return this.#lies('lies-about-locks', 0.7) ? this.#forger.otherLock(message) : null;
      }
      case 'snapshot-offer':
        if (this.#lies('corrupts-entries', 0.7)) return this.#forger.corruptedOffer(message);
        return this.#staleOffer(message);
      case 'chunk':
        if (this.#lies('corrupts-entries', 0.3)) return this.#forger.corruptedChunk(message);
        return this.#staleChunk(message);
      case 'entries':
        return this.#lies('corrupts-entries', 0.7) ? this.#forger.corrupted(message) : null;
      case 'heartbeat':
      case 'heartbeat-ack':
        return this.#lies('absurd-heartbeats', 0.3) ? this.#forger.absurd(message) : null;
      default:
        return null;
    }
  }

  #staleOffer(message: Extract<Message, { type: 'snapshot-offer' }>): Message | null {
    const isFirst = this.#firstOffer?.base.hash === message.offer?.base.hash;
    if (this.#firstOffer === null || isFirst || !this.#lies('offers-stale-snapshots')) return null;
    return { ...message, offer: this.#firstOffer };
  }

  #staleChunk(message: Extract<Message, { type: 'chunk' }>): Message | null {
    const bytes = this.#lastChunk;
    this.#lastChunk = message.bytes ?? bytes;
    if (bytes === null || !this.#lies('offers-stale-snapshots', 0.6)) return null;
    return { ...message, bytes };
  }

  #twinOf(entry: Entry): Entry {
    const known = this.#twins.get(entry.hash);
    if (known !== undefined) return known;
    const parents = [...this.#twins];
    const parent = parents.find(([hash]) => hash === entry.parentHash)?.[1];
    const twin = this.#forger.twinOf(entry, parent?.hash ?? entry.parentHash);
    this.#twins.set(entry.hash, twin);
    return twin;
  }

  #voteForEverything(entry: Entry): Effect[] {
    if (!this.#lies('votes-for-everything')) return [];
    const phases = ['prepare', 'commit'] as const;
    return phases.flatMap((phase) =>
      this.#toAll({ type: 'vote', vote: this.#forger.vote(entry, phase) }),
    );
  }

  /** A lie that nothing asked for. */
  #invent(): Effect[] {
    if (this.#plan.habits.size === 0) return [];
    const habit = this.#random.pick([...this.#plan.habits]);
    const message = this.#invention(habit);
    if (message === null) return [];
    this.#plan.onLie(habit);
    if (this.#random.chance(0.5)) return this.#toAll(message);
    return [{ type: 'send', to: this.#random.pick(this.#others), message }];
  }

  #invention(habit: Habit): Message | null {
    const forger = this.#forger;
    switch (habit) {
      case 'forges':
        return forger.forged();
      case 'replays': {
        const { messages } = this.#knowledge;
        return messages.length === 0 ? null : this.#random.pick(messages);
      }
      case 'fabricates-proofs': {
        const certificate = this.#random.chance(0.4) ? forger.falseCertificate() : null;
        return certificate === null
          ? forger.falseTermStart()
          : { type: 'certificate', certificate };
      }
      case 'repeats-yields':
        return this.#random.chance(0.5) ? forger.yield() : forger.handOver();
      case 'floods-pre-votes':
        return forger.farPreVote();
      case 'changes-members':
        return forger.changedMembers();
      case 'accuses':
        return forger.accusation();
      case 'votes-for-everything': {
        const { entries } = this.#knowledge;
        if (entries.length === 0) return null;
        const phase = this.#random.pick(['prepare', 'commit'] as const);
        return { type: 'vote', vote: forger.vote(this.#random.pick(entries), phase) };
      }
      default:
        return null;
    }
  }

  #toAll(message: Message): Effect[] {
    return this.#others.map((to): Send => ({ type: 'send', to, message }));
  }
}
