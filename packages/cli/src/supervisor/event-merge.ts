/**
 * Merges what several nodes say into one story: a leader is told once per term, a block once, a node's going and coming
 * once. Pure, so that it can be tested without processes.
 */
import type { NodeEvent } from '@praline/node';
import type { NetworkEvent, RunningNode } from './network-event.ts';

type ReadyEvent = NodeEvent & { readonly event: 'ready' };

export class EventMerge {
  readonly #expected: number;
  readonly #ready = new Map<number, ReadyEvent>();
  readonly #down = new Set<number>();
  /** Validators that were found to lie, with how. */
  readonly #convicted = new Set<string>();
  /** Nodes whose own word is heard here, as those run by hand are not. */
  readonly #own = new Set<number>();
  #announced = false;
  #leader: {
    readonly term: number;
    readonly publicKey: string;
    readonly node: number | null;
  } | null = null;
  #lastEntry = 0;
  #epoch = 0;

  /** `expected`: nodes that belong to the network. */
  constructor(expected: number) {
    this.#expected = expected;
  }

  /** True once all nodes answered and a leader is known. */
  get isReady(): boolean {
    return this.#ready.size === this.#expected && this.#leader !== null;
  }

  /** The process of a node was started: it says itself when it is back. */
  started(node: number): void {
    this.#own.add(node);
  }

  /** What node `from` said, as events of the network. */
  heard(from: number, event: NodeEvent): NetworkEvent[] {
    switch (event.event) {
      case 'ready':
        return this.#nodeReady(from, event);
      case 'leader':
        return this.#leaderKnown(event);
      case 'block':
        return this.#block(event);
      case 'peer-joined':
        return event.node === null || this.#own.has(event.node) ? [] : this.#back(event.node, null);
      case 'epoch':
        return this.#epochBegan(event);
      case 'evidence':
        return this.#evidence(event);
      default:
        return [];
    }
  }

  /** The process of a node ended unasked. */
  lost(node: number, code: number | null, signal: string | null, reason: string): NetworkEvent[] {
    this.#ready.delete(node);
    this.#own.delete(node);
    this.#down.add(node);
    return [{ event: 'node-lost', node, code, signal, reason }];
  }

  #nodeReady(from: number, event: ReadyEvent): NetworkEvent[] {
    this.#ready.set(from, event);
    return [...this.#back(from, event.pid), ...this.#announce()];
  }

  #back(node: number, pid: number | null): NetworkEvent[] {
    return this.#down.delete(node) ? [{ event: 'node-back', node, pid }] : [];
  }

  /** Nodes pass evidence on to each other, so most of them tell of it. */
  #evidence({ publicKey, node, kind }: NodeEvent & { event: 'evidence' }): NetworkEvent[] {
    const known = `${publicKey}/${kind}`;
    if (this.#convicted.has(known)) return [];
    this.#convicted.add(known);
    return [{ event: 'evidence', publicKey, node, kind }];
  }

  #leaderKnown({ term, publicKey, node }: NodeEvent & { event: 'leader' }): NetworkEvent[] {
    if (publicKey === null || (this.#leader !== null && term <= this.#leader.term)) {
      return [];
    }
    this.#leader = { term, publicKey, node };
    const told: NetworkEvent = { event: 'leader', term, node, publicKey };
    return this.#announced ? [told] : this.#announce();
  }

  /** Every member tells of it. */
  #epochBegan(event: NodeEvent & { event: 'epoch' }): NetworkEvent[] {
    if (event.epoch <= this.#epoch) {
      return [];
    }
    this.#epoch = event.epoch;
    const { epoch, validators, observers } = event;
    return [{ event: 'epoch', epoch, validators, observers }];
  }

  #block(event: NodeEvent & { event: 'block' }): NetworkEvent[] {
    if (event.entry <= this.#lastEntry) {
      return [];
    }
    this.#lastEntry = event.entry;
    const { number, hash, transactions, gasUsed, executionMs } = event;
    return [{ event: 'block', number, hash, transactions, gasUsed, executionMs }];
  }

  /** The first time that all is there: who serves where, then who leads. */
  #announce(): NetworkEvent[] {
    const leader = this.#leader;
    if (this.#announced || !this.isReady || leader === null) {
      return [];
    }
    this.#announced = true;
    const events = [...this.#ready].sort(([a], [b]) => a - b);
    const nodes: RunningNode[] = events.map(([id, { pid, rpc, p2p, publicKey }]) => ({
      id,
      pid,
      rpc,
      p2p,
      publicKey,
      role: publicKey === leader.publicKey ? 'leader' : 'follower',
    }));
    const [first] = events;
    return [
      {
        event: 'ready',
        nodes,
        chainId: first?.[1].chainId ?? '',
        blockNumber: Math.max(...events.map(([, { blockNumber }]) => blockNumber)),
      },
      { event: 'leader', ...leader },
    ];
  }
}
