/** Gossip between real pools over a network in memory, which loses what the test says. */
import { hashOf, keccak256 } from '@praline/chain';
import fc from 'fast-check';
import type { NodeId } from 'mokka';
import { describe, expect, it } from 'vitest';
import { ACCOUNTS, Replica, testFolder, transfer } from '../chain-thread/replica.test.support.ts';
import { TransactionDesk } from '../chain-thread/transaction-desk.ts';
import type { PeerMessage } from './peer-message.ts';
import { decodePeerMessage, encodePeerMessage } from './peer-message-codec.ts';
import { TransactionGossip } from './transaction-gossip.ts';

const NODES = 4;
/** Two repeated offers. */
const OFFERS_MS = 4_000;
const idOf = (number: number): NodeId => String(number).repeat(64) as NodeId;

class TestNetwork {
  readonly nodes: {
    readonly gossip: TransactionGossip;
    readonly desk: TransactionDesk;
    readonly replica: Replica;
  }[] = [];
  leader: number | null = 0;
  loses: (from: number, to: number) => boolean = () => false;
  sent = 0;
  readonly #folder = testFolder();
  #underWay: Promise<unknown>[] = [];
  #now = 0;

  static async start(): Promise<TestNetwork> {
    const network = new TestNetwork();
    for (let number = 0; number < NODES; number += 1) await network.#addNode(number);
    return network;
  }

  async #addNode(number: number): Promise<void> {
    const replica = await Replica.create(this.#folder, { unixTime: 0, now: 0 });
    const gossipOf = () => this.#node(number).gossip;
    const desk = new TransactionDesk(
      { chainId: replica.genesis.chainId, accounts: ACCOUNTS },
      {
        pool: replica.pool,
        held: replica.held,
        events: {
          accepted: (transaction) => gossipOf().accepted([transaction]),
          pending: () => {},
          dropped: () => {},
          proposable: () => {},
        },
      },
    );
    const gossip = new TransactionGossip({
      network: {
        self: idOf(number),
        leader: () => (this.leader === null ? null : idOf(this.leader)),
        send: (to, message) => this.#send(number, Number(to[0]), message),
        broadcast: (message) => {
          for (let to = 0; to < NODES; to += 1) if (to !== number) this.#send(number, to, message);
        },
        quorum: () => ({ connected: NODES, needed: 3, validators: NODES }),
      },
      pool: {
        receive: async (transactions) => desk.receive(transactions),
        pooledForGossip: async (maxBytes) => desk.pooledForGossip(maxBytes),
        nextForGossip: async (maxBytes) => desk.nextForGossip(maxBytes),
      },
      onError: (error) => {
        throw error;
      },
    });
    this.nodes.push({ gossip, desk, replica });
  }

  #node(number: number) {
    const node = this.nodes[number];
    if (node === undefined) throw new Error(`There is no node ${number}`);
    return node;
  }

  #send(from: number, to: number, message: PeerMessage): boolean {
    this.sent += 1;
    if (this.loses(from, to)) return true;
    const decoded = decodePeerMessage(encodePeerMessage(message));
    const delivery = new Promise<void>((resolve) => {
      setImmediate(() => {
        if (decoded.type === 'transactions') {
          this.#node(to).gossip.received(idOf(from), decoded.transactions);
        }
        resolve();
      });
    });
    this.#underWay.push(delivery);
    return true;
  }

  submit(number: number, raw: Uint8Array): void {
    this.#node(number).desk.submit(raw, null);
  }

  /** Delivers all that is under way, and what comes of it. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet += 1) {
      if (this.#underWay.length > 0) quiet = 0;
      await Promise.all(this.#underWay.splice(0));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async pass(milliseconds: number): Promise<void> {
    for (let step = 0; step < milliseconds; step += 500) {
      this.#now += 500;
      for (const { gossip } of this.nodes) gossip.tick(this.#now);
      await this.settle();
    }
  }

  elect(number: number): void {
    this.leader = number;
    for (const { gossip } of this.nodes) gossip.offerAll(idOf(number));
  }

  has(number: number, raw: Uint8Array): boolean {
    return this.#node(number).replica.pool.get(hashOf(keccak256(raw))) !== undefined;
  }

  holders(raw: Uint8Array): number {
    return this.nodes.filter((_, number) => this.has(number, raw)).length;
  }
}

describe('transaction gossip', () => {
  it('brings what a client gave to any node to all, in one message each', async () => {
    const network = await TestNetwork.start();
    const raws = Array.from({ length: NODES }, (_, sender) => transfer(sender, 0n).raw);
    raws.forEach((raw, number) => {
      network.submit(number, raw);
    });
    await network.settle();
    expect(raws.map((raw) => network.holders(raw))).toEqual(raws.map(() => NODES));
    // What came from another node is not passed on again.
    expect(network.sent).toBe(NODES * (NODES - 1));
  });

  it('brings every transaction to the leader, and to the next one, however messages are lost at first', async () => {
    const loss = fc.array(fc.boolean(), { minLength: 8, maxLength: 40 });
    const clients = fc.array(fc.nat({ max: NODES - 1 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(clients, loss, fc.nat({ max: NODES - 1 }), async (asked, lost, next) => {
        const network = await TestNetwork.start();
        let message = 0;
        network.loses = () => lost[message++ % lost.length] ?? false;
        const raws = asked.map((number, position) => {
          // The nonces of one account come through different nodes.
          const { raw } = transfer(0, BigInt(position));
          network.submit(number, raw);
          return raw;
        });
        await network.settle();
        network.loses = () => false;
        await network.pass(OFFERS_MS);
        expect(raws.every((raw) => network.has(0, raw))).toBe(true);
        network.elect(next);
        await network.settle();
        expect(raws.every((raw) => network.has(next, raw))).toBe(true);
      }),
      { numRuns: 8 },
    );
  }, 120_000);

  it('gives a node that joins all that is pooled', async () => {
    const network = await TestNetwork.start();
    network.loses = (_, to) => to === 3;
    const raws = Array.from({ length: 20 }, (_, nonce) => transfer(1, BigInt(nonce)).raw);
    for (const raw of raws) network.submit(0, raw);
    await network.settle();
    expect(raws.some((raw) => network.has(3, raw))).toBe(false);
    network.loses = () => false;
    network.nodes[1]?.gossip.offerAll(idOf(3));
    await network.settle();
    expect(raws.every((raw) => network.has(3, raw))).toBe(true);
  });

  it('costs a bounded number of messages while a transaction stays pooled', async () => {
    const network = await TestNetwork.start();
    network.submit(1, transfer(0, 1n).raw);
    await network.settle();
    const before = network.sent;
    await network.pass(10 * OFFERS_MS);
    // Each follower tells the leader every two seconds.
    expect(network.sent - before).toBeLessThanOrEqual((NODES - 1) * 21);
  });

  it('goes on after a peer sent garbage', async () => {
    const network = await TestNetwork.start();
    const garbage = Array.from({ length: 200 }, (_, length) => ({
      raw: new Uint8Array(length + 1).fill(length),
      requestId: null,
    }));
    network.nodes[2]?.gossip.received(idOf(1), garbage);
    const { raw } = transfer(0, 0n);
    network.submit(0, raw);
    await network.settle();
    expect(network.holders(raw)).toBe(NODES);
  });
});
