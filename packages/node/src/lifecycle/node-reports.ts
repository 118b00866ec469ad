/** Answers of the `mokka_*` methods as JSON values. Bytes are hexadecimal with `0x`; Mokka's ids and hashes are as they are. */
import { performance } from 'node:perf_hooks';
import type { PoolStatus } from '@praline/chain';
import {
  formatPeerAddress,
  type LeaderProof,
  type Member,
  type Mokka,
  offenderOf,
  type Term,
} from 'mokka';
import { rpcUrlOf } from '../config/advertised-rpc-url.ts';
import type { NodeStatusReport, PeerReport } from '../threads/thread-contracts.ts';
import type { BlockEntries } from './block-entries.ts';
import { numberOf } from './consensus.ts';
import type { NodeOptions } from './node-options.ts';
import type { PeerView } from './peer-view.ts';
import { PRALINE_VERSION } from './version.ts';

export interface NodeReportsModules {
  readonly mokka: Mokka;
  readonly view: PeerView;
  readonly blockEntries: BlockEntries;
  readonly head: () => { readonly number: number; readonly hash: string };
  readonly pool: () => PoolStatus;
  /** Monotonic milliseconds of the start. */
  readonly startedAt: number;
}

export class NodeReports {
  readonly #options: NodeOptions;
  readonly #modules: NodeReportsModules;

  constructor(options: NodeOptions, modules: NodeReportsModules) {
    this.#options = options;
    this.#modules = modules;
  }

  status(): NodeStatusReport {
    const { mokka, view, head, pool, startedAt } = this.#modules;
    const { key, number, genesis, members } = this.#options;
    const status = mokka.status();
    const { connected, needed, validators } = view.quorum();
    const block = head();
    const now = performance.now();
    const member = members[number - 1];
    return {
      node: number,
      publicKey: key.id,
      address: member === undefined ? '' : formatPeerAddress({ ...member, id: key.id }),
      version: PRALINE_VERSION,
      role: status.role,
      term: status.term,
      leader: status.leader,
      crashModel: genesis.praline.crashModel,
      epoch: status.epoch,
      isMember: status.isMember,
      validators,
      quorum: needed,
      connectedValidators: connected,
      commitIndex: status.commitIndex,
      lastIndex: status.lastIndex,
      appliedIndex: status.appliedIndex,
      blockNumber: block.number,
      blockHash: block.hash,
      pool: pool(),
      waitingFor: {
        what: status.waitingFor.what,
        from: status.waitingFor.from,
        ms: Math.round(now - status.waitingFor.since),
      },
      uptimeMs: Math.round(now - startedAt),
    };
  }

  /** The other members of the present epoch. */
  peers(): PeerReport[] {
    const { members } = this.#modules.mokka.status();
    return members.filter(({ id }) => id !== this.#options.key.id).map((one) => this.#peer(one));
  }

  /** The certificate that covers a block's entry, and the entries between; null at genesis. */
  async certificate(blockNumber: number): Promise<object | null> {
    const { mokka, blockEntries } = this.#modules;
    const index = await blockEntries.find(blockNumber, mokka.status().commitIndex);
    const found = index === null ? null : await mokka.getCertificate(index);
    if (found === null) {
      return null;
    }
    const { votes, ...certificate } = found.certificate;
    return {
      certificate: {
        ...certificate,
        votes: votes.map(({ voter, signature }) => ({ voter, signature: hex(signature) })),
      },
      // The block's own payload is the block; those behind it are needed to recompute hashes.
      entries: found.entries.map(({ payload, ...entry }) => ({ ...entry, payload: hex(payload) })),
    };
  }

  async leaderProof(term: number): Promise<object | null> {
    const proof = await this.#modules.mokka.getLeaderProof(term as Term);
    return proof === null ? null : proofReport(proof);
  }

  /** Proofs that validators contradicted themselves. */
  evidence(): object[] {
    const { mokka } = this.#modules;
    return mokka.getEvidence().map((evidence) => ({
      kind: evidence.kind,
      offender: offenderOf(evidence),
      node: numberOf(this.#options, offenderOf(evidence)),
      first: statementReport(evidence.first),
      second: statementReport(evidence.second),
    }));
  }

  #peer(member: Member): PeerReport {
    const { id } = member;
    const { connected, status, heardAt } = this.#modules.view.peer(id);
    return {
      node: numberOf(this.#options, id),
      publicKey: id,
      address: formatPeerAddress(member),
      membership: member.role,
      rpcUrl: rpcUrlOf(this.#options.members, id, status),
      connected,
      lastHeardMs: heardAt === null ? null : Math.round(performance.now() - heardAt),
      role: status?.role ?? null,
      term: status?.term ?? null,
      appliedIndex: status?.appliedIndex ?? null,
      blockNumber: status?.blockNumber ?? null,
      blockHash: status?.blockHash ?? null,
    };
  }
}

function proofReport(proof: LeaderProof): object {
  return {
    epoch: proof.epoch,
    term: proof.term,
    votes: proof.votes.map(statementReport),
  };
}

function statementReport<S extends { readonly signature: Uint8Array }>(statement: S): object {
  return { ...statement, signature: hex(statement.signature) };
}

function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}
