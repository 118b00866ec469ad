/**
 * Deposits as requests (EIP-6110): the fields of the deposit contract's log, packed.
 */
import { InvalidBlockError } from '../block/invalid-block-error.ts';
import type { ReceiptLog } from '../block/receipt-codec.ts';
import { type Address, parseHash } from '../primitives.ts';

/** Keccak-256 of `DepositEvent(bytes,bytes,bytes,bytes,bytes)`. */
const DEPOSIT_TOPIC = parseHash(
  '0x649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5',
);
const LOG_BYTES = 576;
/** ABI layout of the event: where each field's length stands, and the length it must have. */
const FIELDS = [
  { offset: 160, length: 48 },
  { offset: 256, length: 32 },
  { offset: 320, length: 8 },
  { offset: 384, length: 96 },
  { offset: 512, length: 8 },
] as const;

/** Data of all deposits in order. Throws `InvalidBlockError` on a log of another layout. */
export function depositRequest(logs: readonly ReceiptLog[], contract: Address): Uint8Array {
  const deposits: Uint8Array[] = [];
  for (const log of logs) {
    if (log.address !== contract || log.topics[0] !== DEPOSIT_TOPIC) continue;
    deposits.push(...depositFields(log.data));
  }
  return Buffer.concat(deposits);
}

function depositFields(data: Uint8Array): Uint8Array[] {
  const bytes = Buffer.from(data);
  if (bytes.length !== LOG_BYTES) throw badLayout();
  return FIELDS.map(({ offset, length }, index) => {
    const sized = wordAt(bytes, index * 32) === offset && wordAt(bytes, offset) === length;
    if (!sized) throw badLayout();
    return bytes.subarray(offset + 32, offset + 32 + length);
  });
}

function wordAt(bytes: Buffer, offset: number): number {
  return Number(BigInt(`0x${bytes.toString('hex', offset, offset + 32)}`));
}

function badLayout(): InvalidBlockError {
  return new InvalidBlockError('system-call', 'a deposit log has another layout than EIP-6110');
}
