/**
 * A data folder belongs to one genesis: written when the chain starts, checked whenever it is opened.
 */

import { encodeBlock } from '../block/block-codec.ts';
import type { HeaderData } from '../block/block-data.ts';
import { EMPTY_TRIE_ROOT } from '../crypto/keccak.ts';
import { type Position, positionOf } from '../development/position.ts';
import { ChainError, corruptStore } from '../errors.ts';
import type { Genesis } from '../genesis/genesis.ts';
import { blockNumberOf, bytesOf, hashOf } from '../primitives.ts';
import { readBlock, readCanonical, readHeader } from './block-records.ts';
import { readDevelopmentState, readStateRoot } from './development-records.ts';
import { FIRST_GENERATION, writeGeneration } from './flat-generation.ts';
import { writeParticipantsFloor } from './participants-floor.ts';
import { FORMAT_VERSION, type MetaKey, metaKey } from './schema.ts';
import type { Tables } from './tables.ts';
import { writeBlock } from './write-block.ts';

/** Writes the genesis block. Throws `ChainError` `chain-exists`. */
export async function initialiseStore(tables: Tables, genesis: Genesis): Promise<void> {
  if (tables.get('meta', metaKey('format')) !== undefined) {
    throw new ChainError('chain-exists', 'there is a chain in this folder already');
  }
  const { header, state } = genesis;
  const block = {
    header,
    transactions: [],
    ommers: [],
    ...(header.withdrawalsRoot !== undefined && { withdrawals: [] }),
  };
  await tables.commit((writer) => {
    writeBlock(
      writer,
      { block, raw: encodeBlock(block), transactions: [], state },
      FIRST_GENERATION,
    );
    writeGeneration(writer, FIRST_GENERATION);
    writer.putSealed('meta', metaKey('format'), Uint8Array.of(FORMAT_VERSION));
    writer.putSealed('meta', metaKey('genesis'), bytesOf(header.hash));
    writer.putSealed('meta', metaKey('configuration'), bytesOf(genesis.configurationHash));
    writer.putSealed('meta', metaKey('head'), bytesOf(header.hash));
    writeParticipantsFloor(writer, header.number);
  });
}

export interface OpenedStore {
  readonly head: HeaderData;
  readonly position: Position;
  readonly marker: Uint8Array | null;
}

/** Throws `ChainError`: `no-chain`, `unsupported-format`, `genesis-mismatch` or `corrupt-store`. */
export function openStore(tables: Tables, genesis: Genesis): OpenedStore {
  const meta = (key: MetaKey): Uint8Array | undefined => tables.getSealed('meta', metaKey(key));
  const format = meta('format');
  if (format === undefined) throw new ChainError('no-chain', 'there is no chain in this folder');
  if (format[0] !== FORMAT_VERSION) {
    throw new ChainError(
      'unsupported-format',
      `the chain was written in format ${format[0]}, this version reads ${FORMAT_VERSION}; ` +
        'run the version that wrote it, or start this node with a new data folder',
    );
  }
  requireSame(meta('genesis'), genesis.header.hash, 'another genesis block');
  requireSame(meta('configuration'), genesis.configurationHash, 'another configuration');
  const headHash = meta('head');
  if (headHash === undefined) throw corruptStore('the head is missing');
  const hash = hashOf(headHash);
  const head = readHeader(tables, hash);
  if (head === undefined || readBlock(tables, hash) === undefined) {
    throw corruptStore(`the head ${hash} is missing`);
  }
  if (readCanonical(tables, blockNumberOf(head.number)) !== hash) {
    throw corruptStore(`the head ${hash} is not at its height`);
  }
  const stateRoot = readStateRoot(tables, head);
  if (stateRoot !== EMPTY_TRIE_ROOT && !tables.get('nodes', bytesOf(stateRoot))) {
    throw corruptStore(`the state ${stateRoot} of the head is missing`);
  }
  const position = positionOf(head, stateRoot, readDevelopmentState(tables));
  return { head, position, marker: meta('marker') ?? null };
}

function requireSame(stored: Uint8Array | undefined, expected: `0x${string}`, what: string): void {
  if (stored === undefined) throw corruptStore('the identity of the chain is missing');
  if (Buffer.compare(stored, bytesOf(expected)) === 0) return;
  throw new ChainError(
    'genesis-mismatch',
    `the data folder belongs to ${what}; use its genesis file or another folder`,
  );
}
