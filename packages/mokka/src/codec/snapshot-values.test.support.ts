/** Generators of what is said and stored of snapshots, from those of its parts. */
import fc from 'fast-check';
import type { CommitCertificate } from '../core/certificate.ts';
import type { Entry } from '../core/entry.ts';
import type { PrunedLog } from '../core/pruning.ts';
import type { SnapshotMessage, SnapshotOffer } from '../core/snapshot-exchange.ts';
import type { EntryId, Epoch, LogIndex, StateDigest } from '../core/types.ts';
import type { SnapshotProof } from './snapshot-codec.ts';

interface Parts {
  readonly entry: fc.Arbitrary<Entry>;
  readonly certificate: fc.Arbitrary<CommitCertificate>;
  readonly entryId: fc.Arbitrary<EntryId>;
  readonly digits: fc.Arbitrary<string>;
  readonly number: fc.Arbitrary<number>;
  readonly index: fc.Arbitrary<LogIndex>;
  readonly epoch: fc.Arbitrary<Epoch>;
}

type MessageTable = {
  readonly [T in SnapshotMessage['type']]: fc.Arbitrary<Extract<SnapshotMessage, { type: T }>>;
};

export function snapshotValues(parts: Parts): {
  readonly messages: MessageTable;
  readonly proof: fc.Arbitrary<SnapshotProof>;
  readonly pruned: fc.Arbitrary<PrunedLog>;
} {
  const { entry, certificate, entryId, digits, number, index, epoch } = parts;
  const chunkNumber = fc.oneof(fc.nat(300), fc.constantFrom(0, 65_535));
  const chunkInfo = fc.record({
    hash: digits,
    bytes: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(1, 262_144)),
  });
  const proof: fc.Arbitrary<SnapshotProof> = fc.record({
    base: entry,
    next: fc.array(entry, { maxLength: 3 }),
    certificate,
    memberships: fc.array(fc.record({ entry, certificate }), { maxLength: 2 }),
  });
  const offer: fc.Arbitrary<SnapshotOffer> = fc
    .record({
      proof,
      stateDigest: digits as fc.Arbitrary<StateDigest>,
      chunks: fc.array(chunkInfo, { minLength: 1, maxLength: 3 }),
    })
    .map(({ proof: proved, stateDigest, chunks }) => {
      const { index: at, hash } = proved.base;
      return { manifest: { entry: { index: at, hash }, stateDigest, chunks }, ...proved };
    });
  const messages: MessageTable = {
    'snapshot-request': fc.record({
      type: fc.constant('snapshot-request'),
      request: number,
      from: index,
      epoch,
    }),
    'snapshot-offer': fc.record({
      type: fc.constant('snapshot-offer'),
      request: number,
      offer: fc.option(offer),
    }),
    'chunk-request': fc.record({
      type: fc.constant('chunk-request'),
      request: number,
      entry: entryId,
      chunk: chunkNumber,
    }),
    chunk: fc.record({
      type: fc.constant('chunk'),
      request: number,
      chunk: chunkNumber,
      bytes: fc.option(fc.uint8Array({ minLength: 1, maxLength: 300 })),
    }),
  };
  return { messages, proof, pruned: fc.record({ lowest: index, deletedBelow: number }) };
}
