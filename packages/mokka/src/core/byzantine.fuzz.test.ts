/**
 * BFT: f validators whose every message may be dropped, doubled, replaced by an old one, or by another validly signed one. The
 * honest ones agree, none of them stops, and they go on.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEntry } from '../codec/entry-codec.ts';
import type { Message } from './message.ts';
import { preVoteOf, proposalOf, signerFor, termVoteOf } from './probe.test.support.ts';
import { SeededRandom } from './random.ts';
import type { TermVote, Vote } from './statements.ts';
import type { LogIndex, Term } from './types.ts';
import { VirtualCluster } from './virtual-cluster.test.support.ts';

/** Rewrites what one validator says, from a seed. */
class Liar {
  readonly #number: number;
  readonly #count: number;
  readonly #random: SeededRandom;
  readonly #said: Message[] = [];
  /** How often it lies. */
  readonly #rate: number;

  constructor(number: number, count: number, seed: number, rate: number) {
    this.#number = number;
    this.#count = count;
    this.#random = new SeededRandom(seed);
    this.#rate = rate;
  }

  say(to: number, message: Message): Message | null {
    this.#said.push(message);
    if (this.#said.length > 200) this.#said.shift();
    if (this.#random.next() > this.#rate) return message;
    const kind = this.#random.next();
    if (kind < 0.2) return null;
    if (kind < 0.3) return this.#said[this.#pick(this.#said.length)] ?? null;
    return this.#contradict(to, message);
  }

  #pick(below: number): number {
    return Math.floor(this.#random.next() * below);
  }

  #contradict(to: number, message: Message): Message | null {
    const signer = signerFor(this.#number);
    switch (message.type) {
      case 'propose': {
        const { entry } = message;
        const isPayload = entry.kind === 'payload';
        const payload = new TextEncoder().encode(`made up for ${to}`);
        const other = createEntry(
          isPayload ? { ...entry, payload } : { ...entry, timestamp: entry.timestamp + 1 + to },
        );
        return proposalOf(this.#number, other);
      }
      case 'vote': {
        const { signature: _, ...vote } = message.vote;
        const change = this.#pick(3);
        if (change === 0)
          return { type: 'vote', vote: signer.sign<Vote>({ ...vote, phase: 'commit' }) };
        if (change === 1) {
          const index = (vote.index + 1) as LogIndex;
          return { type: 'vote', vote: signer.sign<Vote>({ ...vote, index }) };
        }
        const hash = 'ab'.repeat(32) as Vote['hash'];
        return { type: 'vote', vote: signer.sign<Vote>({ ...vote, hash }) };
      }
      case 'term-vote': {
        const { signature: _, ...own } = message.termVote;
        const { lockCertificate: _certificate, ...rest } = message;
        const lock = { ...own.lock, index: (own.lock.index + this.#pick(3)) as LogIndex };
        const change = this.#pick(3);
        if (change === 0) return { ...rest, termVote: signer.sign<TermVote>({ ...own, lock }) };
        if (change === 1) return { ...message, termVote: termVoteOf(this.#number, own.term) };
        const term = (own.term + this.#pick(2 * this.#count)) as Term;
        return { ...message, termVote: signer.sign<TermVote>({ ...own, term }) };
      }
      case 'heartbeat':
      case 'heartbeat-ack': {
        const index = (message.last.index + this.#pick(4)) as LogIndex;
        return { ...message, last: { ...message.last, index } };
      }
      case 'certificate': {
        const { certificate } = message;
        const change = this.#pick(3);
        if (change === 0)
          return { type: 'certificate', certificate: { ...certificate, phase: 'commit' } };
        if (change === 1) {
          const term = (certificate.term + 1) as Term;
          return { type: 'certificate', certificate: { ...certificate, term } };
        }
        return null;
      }
      case 'entries':
        return { ...message, entries: message.entries.slice(this.#pick(2)).reverse() };
      case 'pre-vote': {
        const term = message.preVote.term + this.#pick(1_000);
        return { type: 'pre-vote', preVote: preVoteOf(this.#number, term), relayed: [] };
      }
      default:
        return null;
    }
  }
}

const LIMIT = 60_000;

describe('f liars that may say anything they can sign', () => {
  it.each([
    [4, 1, 40],
    [7, 2, 12],
  ])(
    '%d validators, %d of them liars',
    async (count, faults, runs) => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer(),
          fc.constantFrom(0.05, 0.3, 0.8),
          fc.nat(count - 1),
          async (seed, rate, first) => {
            const timing = { progressTimeout: 1_500 };
            const cluster = await VirtualCluster.started(count, timing, 'BFT');
            const liars = Array.from({ length: faults }, (_, at) => (first + at) % count);
            const tongues = new Map(
              liars.map((number) => [number, new Liar(number, count, seed + number, rate)]),
            );
            cluster.tamper = (from, to, message) => {
              const liar = tongues.get(from);
              return liar === undefined ? message : liar.say(to, message);
            };
            const honest = [...cluster.nodes.keys()].filter((number) => !liars.includes(number));
            const check = () => {
              const logs = honest.map((number) =>
                cluster.node(number).application.committed.map(({ hash }) => hash),
              );
              const longest = logs.reduce((a, b) => (b.length > a.length ? b : a));
              for (const log of logs) expect(log).toEqual(longest.slice(0, log.length));
              for (const number of honest) expect(cluster.node(number).halt).toBeNull();
            };
            for (let round = 0; round < 12; round += 1) {
              cluster.submit(`payload ${round}`);
              cluster.pass(200);
              check();
            }
            // Honest nodes never convict each other.
            for (const number of honest) {
              for (const { first: said } of cluster.node(number).running.evidence()) {
                const offender = cluster.nodes.findIndex(
                  (node) => node.options.self === said.voter,
                );
                expect(liars).toContain(offender);
              }
            }
            cluster.submit('in spite of the liars');
            cluster.until(
              () => honest.every((at) => cluster.committed(at).includes('in spite of the liars')),
              LIMIT,
            );
            check();
          },
        ),
        { numRuns: runs },
      );
    },
    120_000,
  );
});
