/** The logs of a simulated call, with transfers of ether among them where they are asked for, as geth shows them. */
import type { ReceiptLog } from '../../block/receipt-codec.ts';
import { bigintToBytes, padLeft } from '../../encoding/quantity.ts';
import {
  type Address,
  bytesOf,
  type Hash,
  hashOf,
  parseAddress,
  parseHash,
} from '../../primitives.ts';
import type { EvmTracer, FrameEnd, FrameStart } from '../tracing/evm-tracer.ts';

/** Where transfers seem to come from (ERC-7528's address of ether). */
const ETHER = parseAddress(`0x${'ee'.repeat(20)}`);
/** Keccak-256 of `Transfer(address,address,uint256)`. */
const TRANSFER = parseHash('0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef');

export interface NumberedLog extends ReceiptLog {
  /** In the block, those of failed frames counted. */
  readonly index: number;
  readonly isTransfer: boolean;
}

/** Collects call after call of one block. */
export class TransferLogs implements EvmTracer {
  readonly #tracesTransfers: boolean;
  /** Of the open frames, the outermost first. */
  readonly #frames: NumberedLog[][] = [];
  #finished: NumberedLog[] = [];
  #count = 0;

  constructor(tracesTransfers: boolean) {
    this.#tracesTransfers = tracesTransfers;
  }

  enter({ type, from, to, value = 0n }: FrameStart): void {
    this.#frames.push([]);
    if (!this.#tracesTransfers || type === 'DELEGATECALL' || value === 0n) return;
    const topics = [TRANSFER, topicOf(from), topicOf(to ?? from)];
    this.#add({ address: ETHER, topics, data: padLeft(bigintToBytes(value), 32) }, true);
  }

  exit({ error, created }: Pick<FrameEnd, 'error' | 'created'>): void {
    const logs = this.#frames.pop() ?? [];
    if (error !== undefined) return;
    const [first] = logs;
    // What a creation was sent goes to an address that is known only now.
    if (created !== undefined && first?.isTransfer) {
      logs[0] = { ...first, topics: [...first.topics.slice(0, 2), topicOf(created)] };
    }
    (this.#frames.at(-1) ?? this.#finished).push(...logs);
  }

  log(log: ReceiptLog): void {
    this.#add(log, false);
  }

  /** Those of the call that ended; the next begins with none. */
  take(): NumberedLog[] {
    return this.#finished.splice(0);
  }

  #add(log: ReceiptLog, isTransfer: boolean): void {
    this.#frames.at(-1)?.push({ ...log, index: this.#count, isTransfer });
    this.#count += 1;
  }
}

function topicOf(address: Address): Hash {
  return hashOf(padLeft(bytesOf(address), 32));
}
