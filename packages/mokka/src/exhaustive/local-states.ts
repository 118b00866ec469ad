/**
 * States of single nodes, and what each stimulus makes of them. The states of a whole cluster are combinations of few local
 * ones, so each local step is computed once, by the real core, and then looked up. A core can not be copied: where the state is
 * not at hand, its history is replayed from the beginning.
 */
import { encodeMessage } from '../codec/message-codec.ts';
import type { Log } from '../core/log.ts';
import type { Message } from '../core/message.ts';
import type { EntryHash, EntryId } from '../core/types.ts';
import { ViolationError } from '../simulator/world/violation.ts';
import { Machine, type Sent, type Stimulus, type Tampering } from './machine.ts';
import type { Model } from './model.ts';

/** A message on its way to one node, the same object for all equal ones. */
export interface Packet {
  readonly id: number;
  readonly from: number;
  readonly to: number;
  readonly message: Message;
}

export interface LocalState {
  readonly id: number;
  readonly node: number;
  readonly committed: EntryId;
  readonly term: number;
  /** The term that a restart would begin in. */
  readonly durableTerm: number;
  /** The term whose votes it still counts. */
  readonly ledTerm: number;
  readonly isLeader: boolean;
  readonly isCandidate: boolean;
  /** The term whose leader it follows or is; null without one. */
  readonly follows: number | null;
  /** Hashes of its log. */
  readonly log: ReadonlySet<EntryHash>;
  /** Payloads proposed in the present term. */
  readonly proposed: number;
  readonly canWait: boolean;
  readonly request: number | null;
  readonly outcomes: Map<string, Outcome>;
  readonly parent: LocalState | null;
  readonly cause: Stimulus | null;
}

export interface Outcome {
  readonly next: LocalState;
  readonly sent: readonly Packet[];
  /** Writes that it took: where a power cut may strike. */
  readonly writes: number;
  readonly violation: ViolationError | null;
}

export class LocalStates {
  readonly #model: Model;
  readonly #tampering: Tampering;
  readonly #known = new Map<string, LocalState>();
  readonly #packets = new Map<string, Packet>();
  /** The machine that is in this state at the moment, while no other state took it. */
  readonly #live = new Map<LocalState, Machine>();
  readonly packets: Packet[] = [];
  /** Steps of the real core, replayed ones included. */
  steps = 0;

  constructor(model: Model, tampering: Tampering) {
    this.#model = model;
    this.#tampering = tampering;
  }

  get size(): number {
    return this.#known.size;
  }

  async initial(node: number): Promise<LocalState> {
    const machine = new Machine(this.#model, node, this.#tampering);
    await machine.create();
    return this.#intern(machine, null, null);
  }

  async outcome(state: LocalState, key: string, stimulus: Stimulus): Promise<Outcome> {
    const known = state.outcomes.get(key);
    if (known !== undefined) return known;
    const machine = await this.#machineAt(state);
    this.#live.delete(state);
    const outcome = await this.#step(machine, state, stimulus);
    state.outcomes.set(key, outcome);
    return outcome;
  }

  async #step(machine: Machine, state: LocalState, stimulus: Stimulus): Promise<Outcome> {
    let sent: readonly Sent[];
    this.steps += 1;
    try {
      sent = await machine.apply(stimulus);
    } catch (error) {
      const violation =
        error instanceof ViolationError
          ? error
          : new ViolationError('exception', `node ${state.node}: ${String(error)}`);
      return { next: state, sent: [], writes: 0, violation };
    }
    const packets = sent.map((one) => this.packet(state.node, one));
    const next = this.#intern(machine, state, stimulus);
    return { next, sent: packets, writes: machine.writes, violation: null };
  }

  async #machineAt(state: LocalState): Promise<Machine> {
    const live = this.#live.get(state);
    if (live !== undefined) return live;
    const history: Stimulus[] = [];
    for (let at: LocalState | null = state; at?.cause != null; at = at.parent)
      history.push(at.cause);
    const machine = new Machine(this.#model, state.node, this.#tampering);
    await machine.create();
    for (const stimulus of history.reverse()) await machine.apply(stimulus);
    this.steps += history.length;
    return machine;
  }

  #intern(machine: Machine, parent: LocalState | null, cause: Stimulus | null): LocalState {
    const key = `${machine.node} ${machine.fingerprint()}`;
    const known = this.#known.get(key);
    if (known !== undefined) {
      this.#live.set(known, machine);
      return known;
    }
    const context = machine.core.inspect();
    const { leadership, leading, candidacy, log } = context;
    let proposed = 0;
    for (let index: number = log.tip.index; log.get(index)?.term === context.term; index -= 1) {
      if (log.get(index)?.kind === 'payload') proposed += 1;
    }
    const state: LocalState = {
      id: this.#known.size,
      node: machine.node,
      committed: machine.committed,
      term: context.term,
      durableTerm: machine.durableTerm(),
      ledTerm: context.ledTerm,
      isLeader: leading !== null && leadership?.termStart != null,
      proposed,
      isCandidate: candidacy !== null,
      follows: leadership?.term ?? null,
      log: hashesOf(log),
      canWait: candidacy !== null && context.now < candidacy.fallbackAt,
      request: context.catchUp?.request ?? null,
      outcomes: new Map(),
      parent,
      cause,
    };
    this.#known.set(key, state);
    this.#live.set(state, machine);
    if (this.#live.size > MAX_LIVE) this.#forgetOldest();
    return state;
  }

  #forgetOldest(): void {
    const [oldest] = this.#live.keys();
    if (oldest !== undefined) this.#live.delete(oldest);
  }

  /** The message as it is on its way. */
  packet(from: number, { to, message }: Sent): Packet {
    const key = `${to} ${contentOf(from, message)}`;
    const known = this.#packets.get(key);
    if (known !== undefined) return known;
    const packet = { id: this.packets.length, from, to, message };
    this.#packets.set(key, packet);
    this.packets.push(packet);
    return packet;
  }
}

function hashesOf(log: Log): ReadonlySet<EntryHash> {
  const hashes = new Set<EntryHash>();
  for (let index = 1; index <= log.tip.index; index += 1) {
    const hash = log.hashAt(index);
    if (hash !== undefined) hashes.add(hash);
  }
  return hashes;
}

/** Machines kept for the states they are in. */
const MAX_LIVE = 20_000;

/** What a receiver reacts to. Who relayed a term vote and what justified it make no difference to it. */
function contentOf(from: number, message: Message): string {
  switch (message.type) {
    case 'term-vote': {
      const { voter, term, lock } = message.termVote;
      // Whose votes certify the lock does: a node that has not voted must not see its own among them.
      const voters = message.lockCertificate?.votes.map((vote) => vote.voter).join() ?? '';
      const phase = message.lockCertificate?.phase ?? '';
      return `term-vote ${voter} ${term} ${lock.term}/${lock.index}/${lock.hash} ${phase} ${voters}`;
    }
    case 'entries': {
      const hashes = message.entries.map((entry) => entry.hash).join();
      return `entries ${from} ${message.request} ${hashes} ${JSON.stringify(message.certificate)}`;
    }
    default:
      return `${from} ${Buffer.from(encodeMessage(message)).toString('latin1')}`;
  }
}
