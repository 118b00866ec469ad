/** Traces of committed transactions, with where they are. */
import type { BlockSelector, Hash, HeaderData, TransactionReplay } from '@praline/chain';
import type { RpcBackend } from '../../backend.ts';
import { formatPlacedTrace } from '../../format/parity-trace.ts';

export type PlacedTrace = ReturnType<typeof formatPlacedTrace>;

const FRAMES_ONLY = { changes: false } as const;

/** Null when there is no such transaction. */
export async function tracesOfTransaction(
  { reader, executor }: RpcBackend,
  hash: Hash,
): Promise<readonly PlacedTrace[] | null> {
  const located = reader.transaction(hash);
  if (located === undefined) return null;
  return placed(await executor.replayTransaction(hash, FRAMES_ONLY), located.block);
}

/** Null when there is no such block. */
export async function tracesOfBlock(
  { reader, executor }: RpcBackend,
  selector: BlockSelector,
): Promise<readonly PlacedTrace[] | null> {
  const header = reader.header(selector);
  if (header === undefined) return null;
  if (header.gasUsed === 0n) return [];
  const replays = await executor.replayBlock({ hash: header.hash }, FRAMES_ONLY);
  return replays.flatMap((replay) => placed(replay, header));
}

function placed(
  { frames, hash, index }: TransactionReplay,
  block: Pick<HeaderData, 'hash' | 'number'>,
): readonly PlacedTrace[] {
  const place = {
    blockHash: block.hash,
    blockNumber: block.number,
    transactionHash: hash,
    transactionPosition: index,
  };
  return frames.map((frame) => formatPlacedTrace(frame, place));
}
