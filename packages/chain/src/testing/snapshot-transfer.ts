/**
 * Snapshots from one chain to another in tests. Commits have markers that name their entry of the log; its digest is the
 * head's hash.
 */
import { createHash } from 'node:crypto';
import type { Chain } from '../chain.ts';
import type { Hash } from '../primitives.ts';
import type { ChunkList } from '../snapshot/manifest.ts';
import { invalidSnapshot } from '../snapshot/snapshot-error.ts';
import type { PositionOf, SnapshotMaker } from '../snapshot/snapshot-maker.ts';
import type { RequireHead } from '../snapshot/snapshot-restore.ts';
import { readGeneration } from '../store/flat-generation.ts';
import { generationRange } from '../store/schema.ts';
import { Tables } from '../store/tables.ts';
import type { CommittedBlock } from '../transition.ts';

export function markerAt(index: number): Uint8Array {
  return Buffer.from(`entry ${index}`);
}

export const positionOf: PositionOf = (marker, head) => ({
  index: Number(Buffer.from(marker).toString().split(' ')[1]),
  hash: createHash('sha256').update(marker).digest('hex'),
  stateDigest: digestOf(head),
});

export function digestOf(head: Hash): string {
  return createHash('sha256').update(head).digest('hex');
}

export function requireDigest(list: ChunkList): RequireHead {
  return ({ hash }) => {
    if (digestOf(hash) !== list.position.stateDigest) throw invalidSnapshot('another head');
  };
}

/** A snapshot in memory. */
export interface TakenSnapshot {
  readonly list: ChunkList;
  readonly chunks: readonly Uint8Array[];
}

export async function takeSnapshot(maker: SnapshotMaker, minimum = 0): Promise<TakenSnapshot> {
  const list = await maker.offer(minimum);
  if (list === null) throw new Error('no snapshot is offered');
  const chunks: Uint8Array[] = [];
  for (const number of list.chunks.keys()) {
    const chunk = await maker.chunk(list.position, number);
    if (chunk === null) throw new Error(`chunk ${number} is not offered`);
    chunks.push(chunk);
  }
  return { list, chunks };
}

export async function giveSnapshot(chain: Chain, taken: TakenSnapshot): Promise<CommittedBlock> {
  const { list, chunks } = taken;
  const here = new Set(await chain.restore.begin(list, requireDigest(list)));
  for (const [number, bytes] of [...chunks.entries()].reverse()) {
    if (!here.has(number)) await chain.restore.add(number, bytes);
  }
  return chain.finishRestore(markerAt(list.position.index));
}

/** The same content with other chunks: what a liar would offer for the entry. */
export function forged(taken: TakenSnapshot, chunks: readonly Uint8Array[]): TakenSnapshot {
  const infos = chunks.map((bytes) => ({
    hash: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
  }));
  return { list: { ...taken.list, chunks: infos }, chunks };
}

/** The head's flat state of the chain in a folder, whatever its generation; and whether another one is there. */
export async function flatStateOf(folder: string): Promise<Record<string, string[]>> {
  const tables = new Tables(folder, { readOnly: true });
  try {
    const range = generationRange(readGeneration(tables));
    const all = { start: Uint8Array.of(), end: Buffer.alloc(80, 0xff) };
    const state: Record<string, string[]> = {};
    for (const table of ['accounts', 'storage'] as const) {
      const entries = tables.page(table, range, 1_000_000);
      state[table] = entries.map(([key, value]) =>
        Buffer.concat([key.subarray(1), value]).toString('hex'),
      );
      state[`${table} of other generations`] = tables
        .page(table, all, 1_000_000)
        .slice(entries.length)
        .map(([key]) => Buffer.from(key).toString('hex'));
    }
    return state;
  } finally {
    await tables.close();
  }
}
