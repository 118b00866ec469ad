/** Bounds of a snapshot. Whoever makes one and whoever takes it use the same. */

/** Bytes of one chunk. */
export const CHUNK_BYTES_MAX = 262_144;
/** Chunks of one snapshot: 16 GiB at most, whose list takes some MB. */
export const CHUNKS_MAX = 65_536;
/** Bytes of block, receipts or code in one record; longer ones take several. */
export const PIECE_BYTES_MAX = 65_536;
/** Bytes of one block, of its receipts, or of one code: what is put together in memory. */
export const WHOLE_BYTES_MAX = 67_108_864;
/** Headers that come along: the 256 that BLOCKHASH can ask for below the head, and the head's. */
export const HEADERS = 257;
/** Code hashes that are remembered, so that contracts near each other in the state share their code. */
export const CODE_WINDOW = 4_096;
