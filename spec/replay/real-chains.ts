/** The real entries of a model's chains, and back; and what a liar makes of them. */
import { encodeLeaderProof } from '../../packages/mokka/src/codec/certificate-codec.ts';
import { createEntry } from '../../packages/mokka/src/codec/entry-codec.ts';
import type { Certificate } from '../../packages/mokka/src/core/certificate.ts';
import type { Entry } from '../../packages/mokka/src/core/entry.ts';
import type { Message } from '../../packages/mokka/src/core/message.ts';
import {
  EPOCH,
  payloadOn,
  preparedBy,
  proofOf,
  proposalOf,
  ROOT_LOCK,
} from '../../packages/mokka/src/core/probe.test.support.ts';
import type { Lock, TermVote } from '../../packages/mokka/src/core/statements.ts';
import {
  ROOT_HASH,
  TestApplication,
} from '../../packages/mokka/src/core/test-application.test.support.ts';
import type { LogIndex, StateDigest, Term } from '../../packages/mokka/src/core/types.ts';
import { nodeId } from '../../packages/mokka/src/core/virtual-cluster.test.support.ts';
import { type Chain, keyOf, type ModelLock, parentOf, termOf } from './byzantine-faults-state.ts';

export type Proposal = Extract<Message, { type: 'propose' }>;

const START_TIME = 1_700_000_000_000;

export class RealChains {
  readonly #proposals = new Map<string, Proposal>();
  readonly #keys = new Map<string, string>([[ROOT_HASH, '']]);

  remember(chain: Chain, proposal: Proposal): void {
    this.#proposals.set(keyOf(chain), proposal);
    this.#keys.set(proposal.entry.hash, keyOf(chain));
  }

  has(chain: Chain): boolean {
    return this.#proposals.has(keyOf(chain));
  }

  /** The message that proposed the entry. */
  proposal(chain: Chain): Proposal {
    const proposal = this.#proposals.get(keyOf(chain));
    if (proposal === undefined) throw new Error(`nobody proposed ${keyOf(chain)}`);
    return proposal;
  }

  entry(chain: Chain): Entry {
    return this.proposal(chain).entry;
  }

  entries(chain: Chain): Entry[] {
    return chain.map((_, at) => this.entry(chain.slice(0, at + 1)));
  }

  hash(chain: Chain): Entry['hash'] {
    return chain.length === 0 ? ROOT_HASH : this.entry(chain).hash;
  }

  key(hash: string | undefined): string {
    if (hash === undefined) return '';
    return this.#keys.get(hash) ?? `unknown ${hash.slice(0, 8)}`;
  }

  lock({ term, chain }: ModelLock): Lock {
    if (chain.length === 0) return ROOT_LOCK;
    return { term: term as Term, index: chain.length as LogIndex, hash: this.hash(chain) };
  }

  /** What a lock rests on, with these prepare votes; nothing at the root. */
  lockCertificate({ chain }: ModelLock, voters: readonly number[]): Certificate | undefined {
    return chain.length === 0 ? undefined : preparedBy(this.entry(chain), voters);
  }

  /** A liar proves its term with these term votes. */
  lieProof(
    liar: number,
    start: Chain,
    votes: readonly TermVote[],
    anchor: Certificate | undefined,
  ): void {
    const parent = parentOf(start);
    const term = termOf(start);
    const entry = createEntry({
      index: start.length as LogIndex,
      term: term as Term,
      epoch: EPOCH,
      parentHash: this.hash(parent),
      stateDigest: this.#digestAfter(parent),
      timestamp: parent.length === 0 ? START_TIME : this.entry(parent).timestamp,
      proposer: nodeId(liar),
      kind: 'term-start',
      payload: encodeLeaderProof(proofOf(term, votes, anchor)),
    });
    this.remember(start, proposalOf(liar, entry));
  }

  /** A liar proposes whatever it likes on an entry of its term. */
  lieProposal(liar: number, chain: Chain): void {
    const parent = this.entry(parentOf(chain));
    const text = `lie ${keyOf(chain)}`;
    const entry = payloadOn(parent, text, this.#digestAfter(parentOf(chain)));
    this.remember(chain, proposalOf(liar, entry));
  }

  #digestAfter(chain: Chain): StateDigest {
    const application = new TestApplication();
    for (const entry of this.entries(chain)) application.process(entry);
    return application.digestAt(chain.length);
  }
}
