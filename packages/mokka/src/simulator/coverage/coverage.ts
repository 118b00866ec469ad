/**
 * Counts how often each rule of the protocol fired, from what can be seen of nodes from outside: their inputs, effects and
 * boots, and what they say they ignored.
 */
import type { Effect } from '../../core/effect.ts';
import type { Input } from '../../core/input.ts';
import type { Message, TermVoteMessage } from '../../core/message.ts';
import type { EntryHash, NodeId, Role, Signature } from '../../core/types.ts';
import type { StorageOperation } from '../../storage/storage.ts';
import type { Observer } from '../observer.ts';
import type { Rule, RuleCounts } from './rules.ts';

export interface CoverageModules {
  readonly ids: readonly NodeId[];
  readonly quorum: number;
  readonly counts: RuleCounts;
  /** Virtual milliseconds within which a heartbeat means that the leader is heard. */
  readonly heartbeatInterval: number;
  readonly now: () => number;
}

/** Rules that show in what a core ignores, by the reasons it gives. */
const IGNORED: Readonly<Record<string, Rule>> = {
  'stale-pre-vote': 'pre-vote: stale one ignored',
  'stale-term-vote': 'promise: stale term vote refused',
  'stale-proposal': 'promise: stale proposal refused',
  'stale-heartbeat': 'promise: stale heartbeat refused',
  'not-a-member': 'signed: outsider not heard',
  'bad-signature': 'signed: forged statement refused',
  'bad-proof': 'proof: false one refused',
  'second-term-start': 'proof: second term-start of a term refused',
  'lock-without-certificate': 'lock: without a certificate refused',
  'bad-certificate': 'commit: false certificate refused',
  'second-proposal': 'vote: second proposal for a place refused',
  'bad-evidence': 'evidence: false one refused',
  'vote-for-another-chain': 'vote: for another chain not counted',
  'other-epoch': 'membership: statement of another epoch not counted',
};

/** What is remembered of one node. */
class Watched {
  term = 0;
  role: Role = 'follower';
  input: Input = { type: 'tick' };
  promised = 0;
  transferAsked = false;
  heardAt = Number.NEGATIVE_INFINITY;
  /** Statements sent in this boot and before it. */
  sent = new Set<Signature>();
  sentBefore = new Set<string>();
  readonly fetched = new Set<EntryHash>();
  readonly proposed = new Set<EntryHash>();
  readonly certified = new Set<EntryHash>();
}

export class CoverageCounter implements Observer {
  readonly #modules: CoverageModules;
  readonly #nodes: readonly Watched[];

  constructor(modules: CoverageModules) {
    this.#modules = modules;
    this.#nodes = modules.ids.map(() => new Watched());
  }

  #count(rule: Rule): undefined {
    this.#modules.counts[rule] += 1;
  }

  booted(node: number): void {
    const watched = this.#nodes[node];
    if (watched === undefined) return;
    for (const signature of watched.sent) watched.sentBefore.add(keyOf(signature));
    watched.sent = new Set();
    watched.role = 'follower';
    watched.transferAsked = false;
  }

  ignored(_node: number, counts: ReadonlyMap<string, number>): void {
    for (const [reason, count] of counts) {
      const rule = IGNORED[reason];
      if (rule !== undefined) this.#modules.counts[rule] += count;
    }
  }

  input(node: number, input: Input): void {
    const watched = this.#nodes[node];
    if (watched === undefined) return;
    watched.input = input;
    if (input.type === 'transfer-leadership') watched.transferAsked = true;
    if (input.type === 'proposal-processed' && !input.verdict.accepted) {
      this.#count('vote: payload refused');
    }
    if (input.type === 'complaint' && input.active) this.#count('progress: leader complained of');
    if (input.type !== 'message') return;
    const { message } = input;
    if (message.type === 'heartbeat' && message.term === watched.term) {
      watched.heardAt = this.#modules.now();
    }
  }

  effect(node: number, effect: Effect): void {
    const watched = this.#nodes[node];
    if (watched === undefined) return;
    switch (effect.type) {
      case 'send':
        this.#sent(watched, this.#modules.ids[node], effect.message);
        return;
      case 'persist':
        for (const operation of effect.operations) this.#written(operation);
        return;
      case 'rollback':
        this.#count('proof: application rolled back');
        return;
      case 'commit': {
        const { entries, certificate } = effect;
        const isOwn = watched.certified.has(certificate.hash) || watched.role === 'leader';
        this.#count(isOwn ? 'commit: by own certificate' : 'commit: by a certificate received');
        if (this.#modules.ids.length === 1) this.#count('single: one validator commits');
        if (entries.some((entry) => entry.term < certificate.term)) {
          this.#count('commit: of entries of earlier terms');
        }
        if (certificate.term < watched.term) {
          this.#count('commit: certificate of a term below the own');
        }
        return;
      }
      case 'event':
        if (effect.event.type === 'evidence') this.#count('evidence: found');
        if (effect.event.type === 'heartbeat_timeout') this.#count('timeouts: leader missed');
        if (effect.event.type === 'state') this.#state(watched, effect.event);
        return;
      default:
        return;
    }
  }

  #state(watched: Watched, state: { readonly role: Role; readonly term: number }): void {
    const { input } = watched;
    if (state.term > watched.term && watched.promised < state.term && watched.term > 0) {
      const message = input.type === 'message' ? input.message.type : null;
      if (message === 'propose') this.#count('promise: by a proof');
      if (message === 'certificate' || message === 'entries') {
        this.#count('promise: by a certificate of a later term');
      }
    }
    if (watched.role === 'leader' && state.role !== 'leader' && state.term === watched.term) {
      this.#count('step-down: without a quorum');
    }
    watched.term = state.term;
    watched.role = state.role;
  }

  #written(operation: StorageOperation): void {
    if (operation.type === 'put-record' && operation.name === 'binding') {
      this.#count('proof: bound to a term-start');
    }
    if (operation.type === 'delete-from' && operation.table === 'entries') {
      this.#count('proof: conflicting tail dropped');
    }
    if (operation.type === 'put' && operation.table === 'commit-votes') {
      this.#count('vote: committed on a prepare certificate');
    }
    if (operation.type === 'put' && operation.table === 'votes') this.#count('vote: cast');
  }

  #sent(watched: Watched, self: NodeId | undefined, message: Message): undefined {
    switch (message.type) {
      case 'pre-vote': {
        this.#count('pre-vote: sent');
        if (message.relayed.length > 0) this.#count('pre-vote: relayed');
        const silence = this.#modules.now() - watched.heardAt;
        if (silence < this.#modules.heartbeatInterval && message.preVote.term > watched.term) {
          this.#count('progress: a heard leader not enough');
        }
        return;
      }
      case 'leader-alive':
        return this.#count('pre-vote: withdrawn');
      case 'term-vote':
        return this.#termVote(watched, self, message);
      case 'hand-over':
        this.#count(
          watched.transferAsked ? 'expiry: handed over when asked' : 'expiry: handed over in time',
        );
        watched.transferAsked = false;
        return;
      case 'yield':
        return this.#count('yield: term given up');
      case 'propose': {
        const { entry } = message;
        if (entry.kind !== 'term-start') return;
        if (watched.proposed.has(entry.hash)) return this.#count('proof: term-start sent again');
        watched.proposed.add(entry.hash);
        this.#count('proof: term started');
        return;
      }
      case 'vote':
        if (message.vote.phase === 'prepare') this.#count('vote: prepared');
        return this.#statement(watched, message.vote.signature, 'vote: repeated');
      case 'evidence':
        return this.#count('evidence: passed on');
      case 'certificate':
        if (message.certificate.phase === 'prepare') {
          return this.#count('vote: prepare certificate sent');
        }
        watched.certified.add(message.certificate.hash);
        return;
      case 'fetch':
        this.#count('catch-up: asked');
        if (watched.fetched.has(message.tip.hash)) return;
        watched.fetched.add(message.tip.hash);
        if (watched.role === 'candidate') this.#count('proof: anchor fetched by the candidate');
        else if (watched.input.type === 'message' && watched.input.message.type === 'propose') {
          this.#count('proof: anchor fetched by a follower');
        }
        return;
      case 'entries':
        if (message.entries.length > 0) this.#count('catch-up: served');
        return;
      default:
        return;
    }
  }

  #termVote(watched: Watched, self: NodeId | undefined, message: TermVoteMessage): undefined {
    const { termVote, justification } = message;
    if (termVote.voter !== self) return this.#count('promise: term vote relayed');
    this.#statement(watched, termVote.signature, null);
    if (termVote.term <= watched.promised) return;
    watched.promised = termVote.term;
    if (message.lockCertificate !== undefined) this.#count('lock: reported with its certificate');
    if (termVote.lock.index > 0) this.#count('lock: reported above the root');
    const supporters = new Set<NodeId>();
    for (const statement of justification) {
      if (statement.type === 'hand-over') return this.#count('promise: by a hand-over');
      supporters.add(statement.type === 'term-vote' ? statement.voter : statement.sender);
    }
    const onlyTermVotes = justification.every((statement) => statement.type === 'term-vote');
    const isByQuorum = !onlyTermVotes || supporters.size >= this.#modules.quorum;
    this.#count(isByQuorum ? 'promise: by a quorum' : 'promise: by f+1 term votes');
  }

  /** A durable statement leaves: for the first time, again, or again after a restart. */
  #statement(watched: Watched, signature: Signature, again: Rule | null): undefined {
    if (watched.sent.has(signature)) {
      if (again !== null) this.#count(again);
      return;
    }
    watched.sent.add(signature);
    if (watched.sentBefore.size > 0 && watched.sentBefore.has(keyOf(signature))) {
      this.#count('durability: sent again after a restart');
    }
  }
}

/** Signatures that were read from a disk are other objects. */
function keyOf(signature: Signature): string {
  return Buffer.from(signature.buffer, signature.byteOffset, 16).toString('latin1');
}
