/** Headers in geth's JSON shape: keys in geth's (alphabetical) order, present only from the fork that brought them. */
import type { HeaderData } from '@praline/chain';
import { quantity } from './quantity.ts';

/** The header alone, as `newHeads` and `eth_getHeaderByNumber` show it. */
export function formatHeader(header: HeaderData) {
  return {
    ...whenPresent(header.baseFeePerGas, (fee) => ({ baseFeePerGas: quantity(fee) })),
    ...whenPresent(header.blobGasUsed, (gas) => ({ blobGasUsed: quantity(gas) })),
    difficulty: quantity(header.difficulty),
    ...whenPresent(header.excessBlobGas, (gas) => ({ excessBlobGas: quantity(gas) })),
    extraData: header.extraData,
    gasLimit: quantity(header.gasLimit),
    gasUsed: quantity(header.gasUsed),
    hash: header.hash,
    logsBloom: header.logsBloom,
    miner: header.beneficiary,
    mixHash: header.mixHash,
    nonce: header.nonce,
    number: quantity(header.number),
    ...whenPresent(header.parentBeaconBlockRoot, (root) => ({ parentBeaconBlockRoot: root })),
    parentHash: header.parentHash,
    receiptsRoot: header.receiptsRoot,
    ...whenPresent(header.requestsHash, (hash) => ({ requestsHash: hash })),
    sha3Uncles: header.ommersHash,
    stateRoot: header.stateRoot,
    timestamp: quantity(header.timestamp),
    transactionsRoot: header.transactionsRoot,
    ...whenPresent(header.withdrawalsRoot, (root) => ({ withdrawalsRoot: root })),
  };
}

function whenPresent<Value, Fields extends object>(
  value: Value | undefined,
  fields: (value: Value) => Fields,
): Fields | Record<never, never> {
  return value === undefined ? {} : fields(value);
}
