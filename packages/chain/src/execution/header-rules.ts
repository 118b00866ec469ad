/**
 * Header fields that follow from the parent, and the check of a foreign header against them. What only execution can
 * tell (roots, gas used, bloom) is checked after it.
 */
import type { Common } from '@ethereumjs/common';
import type { HeaderData } from '../block/block-data.ts';
import { EMPTY_BLOOM } from '../block/bloom.ts';
import type { HeaderFields } from '../block/header-codec.ts';
import { type BlockFault, InvalidBlockError } from '../block/invalid-block-error.ts';
import { EMPTY_LIST_HASH, EMPTY_TRIE_ROOT, keccak256 } from '../crypto/keccak.ts';
import { EMPTY_REQUESTS_HASH, ZERO_HASH } from '../genesis/genesis.ts';
import {
  type Address,
  blockNumberOf,
  bytesOf,
  type Hash,
  type Hex,
  hashOf,
} from '../primitives.ts';
import { numberKey } from '../store/schema.ts';
import { nextBaseFee, nextExcessBlobGas } from './fee-rules.ts';

/** Yellow Paper 4.3.4, bytes. */
const EXTRA_DATA_BYTES_MAX = 32;
const ZERO_NONCE: Hex = '0x0000000000000000';

/**
 * Which rules a block obeys beyond Ethereum's. `network`: made by this network's proposers, who may choose neither gas
 * limit nor randomness nor withdrawals, which would mint ether. `import`: a chain made elsewhere, such as a test chain.
 */
export type BlockOrigin = 'network' | 'import';

/** EIP-4399's randomness of our blocks: no proposer can choose it. Not secret. */
function prevRandao(parentHash: Hash, number: number): Hash {
  return hashOf(keccak256(Buffer.concat([bytesOf(parentHash), numberKey(blockNumberOf(number))])));
}

export interface NextBlock {
  /** Unix time in seconds, at least the parent's. */
  readonly timestamp: number;
  readonly coinbase: Address;
  readonly extraData: Hex;
}

/** Fields that development operations have set instead of what follows from the parent. */
export type HeaderOverrides = Partial<
  Pick<HeaderData, 'gasLimit' | 'baseFeePerGas' | 'mixHash' | 'beneficiary'>
>;

const NO_OVERRIDES: HeaderOverrides = {};

/** A header on top of `parent` with everything but what execution tells. */
export function nextHeader(
  parent: HeaderData,
  rules: Common,
  next: NextBlock,
  overrides = NO_OVERRIDES,
): HeaderFields {
  const active = (eip: number): boolean => rules.isActivatedEIP(eip);
  const number = blockNumberOf(parent.number + 1);
  return {
    parentHash: parent.hash,
    ommersHash: EMPTY_LIST_HASH,
    beneficiary: next.coinbase,
    stateRoot: EMPTY_TRIE_ROOT,
    transactionsRoot: EMPTY_TRIE_ROOT,
    receiptsRoot: EMPTY_TRIE_ROOT,
    logsBloom: EMPTY_BLOOM,
    difficulty: 0n,
    number,
    gasLimit: parent.gasLimit,
    gasUsed: 0n,
    timestamp: next.timestamp,
    extraData: next.extraData,
    mixHash: prevRandao(parent.hash, number),
    nonce: ZERO_NONCE,
    ...(active(1559) && { baseFeePerGas: nextBaseFee(parent) }),
    ...(active(4895) && { withdrawalsRoot: EMPTY_TRIE_ROOT }),
    ...(active(4844) && { blobGasUsed: 0n, excessBlobGas: nextExcessBlobGas(parent, rules) }),
    ...(active(4788) && { parentBeaconBlockRoot: ZERO_HASH }),
    ...(active(7685) && { requestsHash: EMPTY_REQUESTS_HASH }),
    ...overrides,
  };
}

/** Throws `InvalidBlockError` when the header cannot follow its parent. */
export function checkHeader(
  header: HeaderData,
  parent: HeaderData,
  rules: Common,
  origin: BlockOrigin,
  overrides = NO_OVERRIDES,
): void {
  const require = (holds: boolean, fault: BlockFault, reason: string): void => {
    if (!holds) throw new InvalidBlockError(fault, reason);
  };
  const next = {
    timestamp: header.timestamp,
    coinbase: header.beneficiary,
    extraData: header.extraData,
  };
  const expected = nextHeader(parent, rules, next, overrides);
  require(header.parentHash === parent.hash, 'unknown-parent', `parent is ${header.parentHash}`);
  require(header.number === expected.number, 'number', `${header.number} after ${parent.number}`);
  require(header.timestamp >= parent.timestamp, 'timestamp', 'earlier than its parent');
  require(bytesOf(header.extraData).length <= EXTRA_DATA_BYTES_MAX, 'extra-data', 'over 32 bytes');
  require(header.gasUsed <= header.gasLimit, 'gas-used', 'more than the gas limit');
  for (const field of OPTIONAL_FIELDS) {
    const present = header[field] !== undefined;
    const due = expected[field] !== undefined;
    require(present === due, 'header-fields', `${field} must be ${due ? 'present' : 'absent'}`);
  }
  require(header.baseFeePerGas ===
    expected.baseFeePerGas, 'base-fee', `${header.baseFeePerGas}, not ${expected.baseFeePerGas}`);
  require(header.excessBlobGas === expected.excessBlobGas, 'blob-gas', 'wrong excess blob gas');
  if (rules.consensusType() !== 'pow') {
    require(header.difficulty === 0n, 'difficulty', 'not zero after the merge');
    require(header.nonce === ZERO_NONCE, 'header-fields', 'nonce is not zero');
    require(header.ommersHash === EMPTY_LIST_HASH, 'ommers', 'there are none after the merge');
  }
  if (origin === 'import') {
    require(header.timestamp > parent.timestamp, 'timestamp', 'not later than its parent');
    require(gasLimitMayFollow(header, parent), 'gas-limit', 'moves by 1/1024 or more');
  }
  if (origin === 'network') {
    require(rules.consensusType() !== 'pow', 'difficulty', 'the chain is not past the merge');
    require(header.gasLimit ===
      expected.gasLimit, 'gas-limit', `${header.gasLimit}, not ${expected.gasLimit}`);
    require(header.beneficiary ===
      expected.beneficiary, 'header-fields', `the coinbase is not ${expected.beneficiary}`);
    require(header.mixHash === expected.mixHash, 'prev-randao', 'not derived from the parent');
    require(header.parentBeaconBlockRoot ===
      expected.parentBeaconBlockRoot, 'header-fields', 'there is no beacon chain here: its root must be zero');
  }
}

const OPTIONAL_FIELDS = [
  'baseFeePerGas',
  'withdrawalsRoot',
  'blobGasUsed',
  'excessBlobGas',
  'parentBeaconBlockRoot',
  'requestsHash',
] as const;

/** Least gas limit, and the part of its parent's by which it must move less (Yellow Paper 4.3.4). */
const GAS_LIMIT_MIN = 5_000n;
const GAS_LIMIT_DIVISOR = 1_024n;
/** EIP-1985. */
const GAS_LIMIT_MAX = 2n ** 63n - 1n;

/** The first London block doubles the limit before it moves (EIP-1559). */
function gasLimitMayFollow(header: HeaderData, parent: HeaderData): boolean {
  const isFirstLondon = parent.baseFeePerGas === undefined && header.baseFeePerGas !== undefined;
  const before = isFirstLondon ? parent.gasLimit * 2n : parent.gasLimit;
  const moved = header.gasLimit > before ? header.gasLimit - before : before - header.gasLimit;
  const inRange = header.gasLimit >= GAS_LIMIT_MIN && header.gasLimit <= GAS_LIMIT_MAX;
  return inRange && moved < before / GAS_LIMIT_DIVISOR;
}
