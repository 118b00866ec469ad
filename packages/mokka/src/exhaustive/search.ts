/**
 * Breadth-first search of every state that a small cluster of real cores can get into: messages arrive in any order, twice,
 * late or never, nodes lose power between any two writes, candidates are made at any moment.
 *
 * A message that was sent can arrive from then on at any time, so the network only grows, and loss, repetition and reordering
 * need no steps of their own. Messages that can have no effect any more are left out of the state, which joins most of them.
 */
import { decodeLeaderProof } from '../codec/certificate-codec.ts';
import type { Message } from '../core/message.ts';
import type { EntryHash, EntryId } from '../core/types.ts';
import { ViolationError } from '../simulator/world/violation.ts';
import { isDead } from './dead-messages.ts';
import { describe } from './description.ts';
import { isLearned, Liar } from './liar.ts';
import { type LocalState, LocalStates, type Outcome, type Packet } from './local-states.ts';
import type { Stimulus, Tampering } from './machine.ts';
import { type Bounds, createModel, type Model } from './model.ts';

export interface SearchOptions {
  readonly bounds: Bounds;
  /** States to visit at most. */
  readonly maxStates: number;
  readonly tampering?: Tampering;
  /** Violations of other rules are passed over; all count without it. */
  readonly rules?: readonly string[];
  /**
   * Without reductions: keeps messages that mean nothing to a correct core any more, to which a tampered one may react, and asks for
   * terms that a term vote on its way asks for, too.
   */
  readonly keepsDead?: boolean;
  /** Where the search begins: these steps, one after the other, from the start of the cluster. */
  readonly prefix?: readonly PrefixStep[];
  readonly onProgress?: (progress: Progress) => void;
  /** Told of the nodes of each state that is visited. */
  readonly onVisit?: (nodes: readonly LocalState[]) => void;
}

/** A node hears a quorum ask for a term, or gets the oldest message of a type. */
export type PrefixStep =
  | { readonly node: number; readonly elect: number }
  | { readonly node: number; readonly gets: Message['type'] };

export interface Progress {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly waiting: number;
  readonly localStates: number;
}

export interface SearchResult extends Progress {
  /** True when every state within the bounds was visited. */
  readonly isComplete: boolean;
  readonly coreSteps: number;
  /** Entries that some node committed in some state. */
  readonly committed: number;
  readonly violation: { readonly rule: string; readonly message: string } | null;
  /** Steps to the violation, in words. */
  readonly trace: readonly string[];
}

interface State {
  readonly locals: readonly LocalState[];
  /** Sorted numbers of the messages that can arrive. */
  readonly network: readonly number[];
  readonly crashes: number;
  readonly place: number;
}

/** Something that happened at a node, in some state. */
interface Action {
  readonly node: number;
  readonly stimulus: Stimulus;
}

/** How many states between two calls of `onProgress`. */
const PROGRESS_STEP = 4_096;

export async function search(options: SearchOptions): Promise<SearchResult> {
  return new Search(options).run();
}

class Search {
  readonly #options: SearchOptions;
  readonly #model: Model;
  readonly #locals: LocalStates;
  readonly #visited = new Set<string>();
  /** Of each visited state: the state before it, and what happened there. */
  readonly #before: number[] = [];
  readonly #steps: number[] = [];
  readonly #actions: Action[] = [];
  readonly #actionNumbers = new Map<string, number>();
  readonly #parents = new Map<EntryHash, EntryHash>();
  readonly #committed = new Set<EntryHash>();
  readonly #liar: Liar | null;
  /** What the liar can say, by what it was sent. */
  readonly #lies = new Map<string, readonly Packet[]>();
  readonly #termStarts = new Map<number, Set<EntryHash>>();
  #next: State[] = [];
  #transitions = 0;
  #depth = 0;

  constructor(options: SearchOptions) {
    this.#options = options;
    this.#model = createModel(options.bounds);
    this.#locals = new LocalStates(this.#model, options.tampering ?? {});
    const { liar } = options.bounds;
    this.#liar = liar === undefined ? null : new Liar(this.#model, liar);
  }

  async run(): Promise<SearchResult> {
    const locals: LocalState[] = [];
    for (const node of this.#model.validators.keys()) locals.push(await this.#locals.initial(node));
    const lies = this.#sayable([]).map(({ id }) => id);
    this.#visit(
      locals,
      lies.sort((left, right) => left - right),
      0,
      -1,
      -1,
    );
    for (const step of this.#options.prefix ?? []) await this.#follow(step);
    try {
      const isComplete = await this.#visitAll();
      return this.#result(isComplete, null, []);
    } catch (error) {
      if (!(error instanceof FoundViolation)) throw error;
      return this.#result(false, error.violation, this.#trace(error));
    }
  }

  async #follow(step: PrefixStep): Promise<void> {
    const [state] = this.#next.splice(0);
    if (state === undefined) throw new RangeError('a step of the prefix changed nothing');
    if ('elect' in step) {
      const stimulus = { type: 'elect', term: step.elect } as const;
      await this.#take(state, step.node, `e${step.elect}`, stimulus, false);
      return;
    }
    const id = state.network.find((one) => {
      const packet = this.#locals.packets[one];
      return packet?.to === step.node && packet.message.type === step.gets;
    });
    const packet = id === undefined ? undefined : this.#locals.packets[id];
    if (packet === undefined) throw new RangeError(`no ${step.gets} is on its way to ${step.node}`);
    const stimulus = { type: 'deliver', from: packet.from, message: packet.message } as const;
    await this.#take(state, step.node, `d${id}`, stimulus, false);
  }

  /** Level by level. False when it stopped early. */
  async #visitAll(): Promise<boolean> {
    while (this.#next.length > 0) {
      const level = this.#next;
      this.#next = [];
      for (const state of level) {
        if (this.#visited.size >= this.#options.maxStates) return false;
        await this.#expand(state);
        if (this.#transitions % PROGRESS_STEP === 0) this.#options.onProgress?.(this.#progress());
      }
      this.#depth += 1;
      this.#options.onProgress?.(this.#progress());
    }
    return true;
  }

  async #expand(state: State): Promise<void> {
    const { terms, entries, crashes } = this.#options.bounds;
    for (const id of state.network) {
      const packet = this.#locals.packets[id];
      if (packet === undefined) continue;
      const { from, to, message } = packet;
      if (to === this.#liar?.node) continue;
      await this.#try(state, to, `d${id}`, { type: 'deliver', from, message });
    }
    for (const local of state.locals) {
      const { node } = local;
      if (node === this.#liar?.node) continue;
      for (let term = local.term + 1; term <= terms; term += 1) {
        if (this.#hasCall(state, node, term)) continue;
        await this.#try(state, node, `e${term}`, { type: 'elect', term });
      }
      if (local.isLeader && local.proposed < entries) {
        await this.#try(state, node, 'p', { type: 'propose' });
      }
      if (local.canWait) await this.#try(state, node, 'w', { type: 'patience' });
      if (state.crashes < crashes) await this.#try(state, node, 'c', { type: 'crash' }, true);
    }
  }

  /** A term vote for this term is on its way to a node that can only join by it: being asked does the same. */
  #hasCall(state: State, node: number, term: number): boolean {
    if (this.#options.keepsDead === true || term % this.#model.bounds.nodes === node) return false;
    return state.network.some((id) => {
      const packet = this.#locals.packets[id];
      return (
        packet?.to === node &&
        packet.message.type === 'term-vote' &&
        packet.message.termVote.term === term
      );
    });
  }

  /** One stimulus, and every power cut within it. */
  async #try(
    state: State,
    node: number,
    key: string,
    stimulus: Stimulus,
    isCrash = false,
  ): Promise<void> {
    const outcome = await this.#take(state, node, key, stimulus, isCrash);
    if (isCrash || state.crashes >= this.#options.bounds.crashes) return;
    // Before the first write nothing was said; that is a crash before the stimulus.
    for (let writes = 1; writes <= outcome.writes; writes += 1) {
      const torn = { type: 'torn', writes, cause: stimulus } as const;
      await this.#take(state, node, `${key}t${writes}`, torn, true);
    }
  }

  async #take(
    state: State,
    node: number,
    key: string,
    stimulus: Stimulus,
    isCrash: boolean,
  ): Promise<Outcome> {
    const local = state.locals[node];
    if (local === undefined) throw new RangeError(`there is no node ${node}`);
    this.#transitions += 1;
    const outcome = await this.#locals.outcome(local, key, stimulus);
    const action = { node, stimulus };
    if (outcome.violation !== null) this.#fail(outcome.violation, state, action);
    const { next, sent } = outcome;
    const isNew = next !== local || sent.some(({ id }) => !state.network.includes(id));
    if (!isNew && !isCrash) return outcome;
    for (const packet of sent) this.#learn(packet, state, action);
    const locals = state.locals.map((one) => (one.node === node ? next : one));
    const crashes = state.crashes + (isCrash ? 1 : 0);
    const network = this.#networkOf(state, next, sent, locals, crashes);
    if (next.committed.hash !== local.committed.hash) {
      this.#committed.add(next.committed.hash);
      this.#checkAgreement(locals, next, state, action);
    }
    this.#visit(locals, network, crashes, state.place, this.#numberOf(key, action));
    return outcome;
  }

  #numberOf(key: string, action: Action): number {
    const name = `${action.node} ${key}`;
    const known = this.#actionNumbers.get(name);
    if (known !== undefined) return known;
    this.#actionNumbers.set(name, this.#actions.length);
    return this.#actions.push(action) - 1;
  }

  #visit(
    locals: readonly LocalState[],
    network: readonly number[],
    crashes: number,
    before: number,
    step: number,
  ): void {
    const numbers = locals.map(({ id }) => id).flatMap((id) => [id & 0xffff, id >>> 16]);
    const key = String.fromCharCode(crashes, ...numbers, ...network);
    if (this.#visited.has(key)) return;
    this.#visited.add(key);
    this.#options.onVisit?.(locals);
    this.#before.push(before);
    this.#steps.push(step);
    this.#next.push({ locals, network, crashes, place: this.#before.length - 1 });
  }

  /** What can arrive after a step of `changed`. */
  #networkOf(
    { network, crashes: before }: State,
    changed: LocalState,
    sent: readonly Packet[],
    locals: readonly LocalState[],
    crashes: number,
  ): number[] {
    const isSafe = crashes >= this.#options.bounds.crashes;
    const isSafer = crashes !== before;
    const { keepsDead } = this.#options;
    const isAlive = (packet: Packet | undefined): boolean => {
      const receiver = packet === undefined ? undefined : locals[packet.to];
      if (packet === undefined || receiver === undefined) return false;
      // Being asked for a term stands for all pre-votes, and evidence changes only whom timers trust.
      if (
        this.#liar !== null &&
        ['evidence', 'pre-vote', 'leader-alive'].includes(packet.message.type)
      ) {
        return false;
      }
      if (packet.to === this.#liar?.node) return isLearned(packet.message);
      return keepsDead === true || !isDead(packet, receiver, isSafe);
    };
    const alive = network.filter((id) => {
      const packet = this.#locals.packets[id];
      return (packet?.to !== changed.node && !isSafer) || isAlive(packet);
    });
    const known = sent.filter((packet) => !alive.includes(packet.id) && isAlive(packet));
    const lies = this.#sayable([...alive, ...known.map(({ id }) => id)]);
    const added = [
      ...known,
      ...lies.filter(({ id, ...lie }) => !alive.includes(id) && isAlive({ id, ...lie })),
    ];
    if (added.length === 0) return alive;
    const ids = new Set(added.map(({ id }) => id));
    return [...alive, ...ids].sort((left, right) => left - right);
  }

  /** What the liar can say when these messages were sent, those to it among them. */
  #sayable(network: readonly number[]): readonly Packet[] {
    const liar = this.#liar;
    if (liar === null) return [];
    const received = network
      .flatMap((id) => this.#locals.packets[id] ?? [])
      .filter(({ to }) => to === liar.node);
    const key = received
      .map(({ id }) => id)
      .sort()
      .join();
    const known = this.#lies.get(key);
    if (known !== undefined) return known;
    const said = liar.says(received).map((one) => this.#locals.packet(liar.node, one));
    const packets = [...new Set(said)];
    for (const { message: lie } of packets) {
      if (lie.type === 'propose') this.#parents.set(lie.entry.hash, lie.entry.parentHash);
    }
    this.#lies.set(key, packets);
    return packets;
  }

  /** Remembers chains; two term-starts in one term are a violation. Rule *proof*. */
  #learn({ message }: Packet, state: State, action: Action): void {
    const entries =
      message.type === 'propose'
        ? [message.entry]
        : message.type === 'entries'
          ? message.entries
          : [];
    for (const entry of entries) {
      if (this.#parents.has(entry.hash)) continue;
      this.#parents.set(entry.hash, entry.parentHash);
      if (entry.kind !== 'term-start') continue;
      const locks = decodeLeaderProof(entry.payload).votes.map((vote) => vote.lock);
      const anchor = locks.sort(
        (left, right) => right.term - left.term || right.index - left.index,
      )[0];
      if (anchor === undefined || anchor.hash !== entry.parentHash) {
        const text = `the term-start of ${entry.term} is not on the highest lock of its proof`;
        this.#fail(new ViolationError('proof', text), state, action);
      }
    }
    if (message.type !== 'propose' || message.entry.kind !== 'term-start') return;
    const { term, hash } = message.entry;
    const known = this.#termStarts.get(term) ?? new Set();
    known.add(hash);
    this.#termStarts.set(term, known);
    const other = state.network.find((id) => {
      const sent = this.#locals.packets[id]?.message;
      return (
        sent?.type === 'propose' &&
        sent.entry.kind === 'term-start' &&
        sent.entry.term === term &&
        sent.entry.hash !== hash
      );
    });
    if (other !== undefined) {
      this.#fail(new ViolationError('proof', `two term-starts in term ${term}`), state, action);
    }
  }

  /** Promise 2: what two nodes have committed is one chain. */
  #checkAgreement(
    locals: readonly LocalState[],
    changed: LocalState,
    state: State,
    action: Action,
  ): void {
    for (const other of locals) {
      if (other === changed || this.#isOneChain(other.committed, changed.committed)) continue;
      const text = `nodes ${other.node} and ${changed.node} committed different entries`;
      this.#fail(new ViolationError('agreement', text), state, action);
    }
  }

  #isOneChain(one: EntryId, other: EntryId): boolean {
    const [low, high] = one.index <= other.index ? [one, other] : [other, one];
    let hash: EntryHash | undefined = high.hash;
    for (let index: number = high.index; index > low.index; index -= 1) {
      hash = hash === undefined ? undefined : this.#parents.get(hash);
    }
    return hash === low.hash;
  }

  #fail(violation: ViolationError, state: State, action: Action): void {
    const { rules } = this.#options;
    if (rules !== undefined && !rules.includes(violation.rule)) return;
    throw new FoundViolation(violation, state.place, action);
  }

  #trace({ place, action }: FoundViolation): string[] {
    const actions: (Action | undefined)[] = [action];
    for (let at = place; at > 0; at = this.#before[at] ?? -1) {
      actions.push(this.#actions[this.#steps[at] ?? -1]);
    }
    return actions
      .reverse()
      .map((one) => (one === undefined ? '?' : `n${one.node} ${describe(one.stimulus)}`));
  }

  #progress(): Progress {
    return {
      states: this.#visited.size,
      transitions: this.#transitions,
      depth: this.#depth,
      waiting: this.#next.length,
      localStates: this.#locals.size,
    };
  }

  #result(
    isComplete: boolean,
    violation: ViolationError | null,
    trace: readonly string[],
  ): SearchResult {
    return {
      ...this.#progress(),
      isComplete,
      coreSteps: this.#locals.steps,
      committed: this.#committed.size,
      violation: violation === null ? null : { rule: violation.rule, message: violation.message },
      trace,
    };
  }
}

class FoundViolation extends Error {
  readonly violation: ViolationError;
  readonly place: number;
  readonly action: Action;

  constructor(violation: ViolationError, place: number, action: Action) {
    super(violation.message);
    this.violation = violation;
    this.place = place;
    this.action = action;
  }
}
