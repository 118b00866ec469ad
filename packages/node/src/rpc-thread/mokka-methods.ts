/** The `mokka_*` methods: how consensus is doing, and proofs that others can check. */
import type { ChainReader } from '@praline/chain';
import { blockSelector, defineMethod, type JsonValue, type Method, required } from '@praline/rpc';
import { z } from 'zod';
import type { RemoteThread } from '../threads/thread-channel.ts';
import type { MainForRpc, ReadIndexReport } from '../threads/thread-contracts.ts';

export function mokkaMethods(modules: {
  readonly main: RemoteThread<MainForRpc>;
  readonly reader: ChainReader;
  /** Confirms that this node is current, and that this thread can read as much. */
  readonly readIndex: () => Promise<ReadIndexReport>;
}): Method[] {
  const { main, reader, readIndex } = modules;
  return [
    defineMethod({
      name: 'mokka_status',
      peers: [],
      summary: 'How this node is: role, term, leader, log, block, and what it waits for.',
      params: [],
      result: 'The status; indexes, terms and numbers are JSON numbers.',
      errors: [],
      example: { params: [], result: { role: 'leader', term: 3, commitIndex: 17 } },
      handler: async () => (await main.status()) as unknown as JsonValue,
    }),
    defineMethod({
      name: 'mokka_peers',
      peers: [],
      summary: 'The other nodes as this one sees them.',
      params: [],
      result: 'One object per node; what a node has not told yet is null.',
      errors: [],
      example: { params: [], result: [{ node: 2, connected: true, role: 'follower' }] },
      handler: async () => (await main.peers()) as unknown as JsonValue,
    }),
    defineMethod({
      name: 'mokka_readIndex',
      peers: [],
      summary:
        'Waits until this node has everything that any node had shown before the call, confirmed by a quorum. What is read here after the answer is linearizable.',
      params: [],
      result: 'The last entry and block that this node has applied.',
      errors: [
        { code: -32002, when: 'no quorum confirms it in time; the node may be behind or cut off' },
      ],
      example: {
        params: [],
        result: { index: 17, blockNumber: 12, blockHash: '0x4910e709...e2a91461' },
      },
      handler: async () => (await readIndex()) as unknown as JsonValue,
    }),
    defineMethod({
      name: 'mokka_getCertificate',
      peers: [],
      summary:
        'What proves that a block is committed: the signatures of a quorum of validators, and the entries from the block to the one they signed.',
      params: [required('block', blockSelector, 'Number, tag or hash.')],
      result: 'Certificate and entries, or null when this node has none (the genesis block).',
      errors: [],
      example: { params: ['latest'], result: null },
      handler: async ([block]) => {
        const header = reader.header(block);
        if (header === undefined) {
          return null;
        }
        const { number, hash } = header;
        return (await main.certificate({ number, hash })) as JsonValue;
      },
    }),
    defineMethod({
      name: 'mokka_getLeaderProof',
      peers: [],
      summary: 'Who elected the leader of a term: the signed term votes of a quorum of validators.',
      params: [required('term', z.int().min(1), 'The term, from 1.')],
      result: 'The proof, or null when this node has not stored that term.',
      errors: [],
      example: { params: [1], result: null },
      handler: async ([term]) => (await main.leaderProof(term)) as JsonValue,
    }),
    defineMethod({
      name: 'mokka_getEvidence',
      peers: [],
      summary:
        'What proves that validators lied: pairs of statements, signed by one validator, that contradict each other.',
      params: [],
      result: 'One object per pair; empty in a crash-tolerant network.',
      errors: [],
      example: { params: [], result: [] },
      handler: async () => (await main.evidence()) as unknown as JsonValue,
    }),
  ];
}
