/** The list of a snapshot's chunks, and where in consensus' log it was made; as files keep it and peers exchange it. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { CHUNK_BYTES_MAX, CHUNKS_MAX } from './limits.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const chunks = z
  .array(z.strictObject({ hash: sha256, bytes: z.int().min(1).max(CHUNK_BYTES_MAX) }))
  .min(1)
  .max(CHUNKS_MAX)
  .readonly();
const position = z.strictObject({ index: z.int().min(0), hash: sha256, stateDigest: sha256 });

/** A chunk's SHA-256 in lower-case hex, and its length. */
export type ChunkInfo = z.infer<typeof chunks>[number];
/**
 * An entry of consensus' log, and its digest of the state after it. Opaque here, but that a higher index is newer.
 */
export type LogPosition = z.infer<typeof position>;
export type LogEntryId = Pick<LogPosition, 'index' | 'hash'>;
export interface ChunkList {
  readonly position: LogPosition;
  readonly chunks: readonly ChunkInfo[];
}

const chunkList = z.strictObject({ position, chunks });

/** Undefined when it is not a list within the bounds. */
export function parseChunkList(value: unknown): ChunkList | undefined {
  return chunkList.safeParse(value).data;
}

/** From a file's text. */
export function parseChunkListText(text: string): ChunkList | undefined {
  try {
    return parseChunkList(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function chunkInfo(bytes: Uint8Array): ChunkInfo {
  return { hash: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
}

export function isChunk(info: ChunkInfo, bytes: Uint8Array): boolean {
  return info.bytes === bytes.length && info.hash === chunkInfo(bytes).hash;
}
