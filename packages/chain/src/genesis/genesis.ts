/**
 * A chain's beginning: its parameters, its first block and state, as geth computes them from the same file.
 */
import { createHash } from 'node:crypto';
import type { Common } from '@ethereumjs/common';
import type { HeaderData } from '../block/block-data.ts';
import { EMPTY_BLOOM } from '../block/bloom.ts';
import { type HeaderFields, sealHeader } from '../block/header-codec.ts';
import { EMPTY_LIST_HASH, EMPTY_TRIE_ROOT } from '../crypto/keccak.ts';
import { ChainError } from '../errors.ts';
import {
  type Address,
  blockNumberOf,
  type Hash,
  type Hex,
  hashOf,
  parseAddress,
  weiOf,
} from '../primitives.ts';
import { EMPTY_ACCOUNT, JournaledState } from '../state/journaled-state.ts';
import { diffOf, type StateDiff } from '../state/state-diff.ts';
import { EMPTY_STATE } from '../state/state-view.ts';
import { NodeReader } from '../trie/node-source.ts';
import { commonAt, createCommon } from './chain-parameters.ts';
import { configurationOf, type GenesisConfiguration } from './genesis-configuration.ts';
import { type GenesisFile, genesisAccounts, parseGenesisFile } from './genesis-file.ts';
import { SYSTEM_CONTRACTS } from './system-contracts.ts';

export interface Genesis extends GenesisConfiguration {
  /** At the newest fork; copies are set to a block's fork. */
  readonly common: Common;
  /** EIP-6110; the zero address, which logs nothing, where there is none. */
  readonly depositContract: Address;
  readonly header: HeaderData;
  /** The state of block 0 on top of nothing. */
  readonly state: StateDiff;
}

/** EIP-1559's initial base fee, wei per gas. */
const INITIAL_BASE_FEE = 1_000_000_000n;
/** EIP-7685: hash of no requests, SHA-256 of nothing. */
export const EMPTY_REQUESTS_HASH: Hash = hashOf(createHash('sha256').digest());
const ZERO_HASH: Hash = hashOf(new Uint8Array(32));
const ZERO_ADDRESS = parseAddress(`0x${'00'.repeat(20)}`);

/** Throws `ChainError` `invalid-genesis`. */
export function createGenesis(json: unknown): Genesis {
  const file = parseGenesisFile(json);
  const common = createCommon(file);
  const state = genesisState(file);
  requireSystemContracts(file, common, state);
  return {
    ...configurationOf(file),
    common,
    depositContract: file.config.depositContractAddress ?? ZERO_ADDRESS,
    header: sealHeader(genesisHeader(file, common, state.root)),
    state,
  };
}

function genesisState(file: GenesisFile): StateDiff {
  const state = new JournaledState(EMPTY_STATE);
  for (const [address, account] of genesisAccounts(file)) {
    const { nonce, balance } = account;
    state.putAccount(address, { ...EMPTY_ACCOUNT, nonce, balance });
    if (account.code.length > 0) state.putCode(address, account.code);
    for (const [slot, value] of account.storage) state.putStorage(address, slot, value);
  }
  return diffOf(state, EMPTY_TRIE_ROOT, new NodeReader({ getNode: () => undefined }));
}

/** Without these contracts no block after genesis could be valid (EIP-7002, EIP-7251). */
function requireSystemContracts(file: GenesisFile, common: Common, state: StateDiff): void {
  const rules = commonAt(common, 0, file.timestamp);
  for (const eip of [7002, 7251]) {
    const contract = SYSTEM_CONTRACTS.get(eip);
    if (contract === undefined || !rules.isActivatedEIP(eip)) continue;
    const account = state.accounts.get(contract.address) ?? EMPTY_ACCOUNT;
    if (account.codeHash !== EMPTY_ACCOUNT.codeHash) continue;
    throw new ChainError(
      'invalid-genesis',
      `genesis: alloc: lacks the code of the EIP-${eip} contract at ${contract.address}, which the active forks need`,
      { path: 'alloc' },
    );
  }
}

function genesisHeader(file: GenesisFile, common: Common, stateRoot: Hash): HeaderFields {
  const rules = commonAt(common, 0, file.timestamp);
  const active = (eip: number): boolean => rules.isActivatedEIP(eip);
  return {
    parentHash: ZERO_HASH,
    ommersHash: EMPTY_LIST_HASH,
    beneficiary: file.coinbase,
    stateRoot,
    transactionsRoot: EMPTY_TRIE_ROOT,
    receiptsRoot: EMPTY_TRIE_ROOT,
    logsBloom: EMPTY_BLOOM,
    difficulty: file.difficulty,
    number: blockNumberOf(0),
    gasLimit: file.gasLimit,
    gasUsed: 0n,
    timestamp: file.timestamp,
    extraData: file.extraData,
    mixHash: file.mixHash,
    nonce: `0x${file.nonce.toString(16).padStart(16, '0')}` as Hex,
    ...(active(1559) && { baseFeePerGas: weiOf(file.baseFeePerGas ?? INITIAL_BASE_FEE) }),
    ...(active(4895) && { withdrawalsRoot: EMPTY_TRIE_ROOT }),
    ...(active(4844) && {
      blobGasUsed: file.blobGasUsed ?? 0n,
      excessBlobGas: file.excessBlobGas ?? 0n,
    }),
    ...(active(4788) && { parentBeaconBlockRoot: ZERO_HASH }),
    ...(active(7685) && { requestsHash: EMPTY_REQUESTS_HASH }),
  };
}

export { ZERO_HASH };
