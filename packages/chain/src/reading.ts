/**
 * Entry `@praline/chain/reading`: makes a chain's folder and reads it, and signs for development accounts. It loads no EVM.
 */
export { DevelopmentAccountSet } from './accounts/development-accounts.ts';
export { InvalidBlockError } from './block/invalid-block-error.ts';
export { CONSOLE_ADDRESS } from './console/console-address.ts';
export { consoleLine } from './console/console-line.ts';
export {
  decodeAgreedOperation,
  encodeAgreedOperation,
  encodeOperation,
} from './development/operation.ts';
export { accountsIn, archiveOf } from './development/state-archive.ts';
export { ChainError } from './errors.ts';
export { BlockSequence } from './execution/block-sequence.ts';
export { addressOfKey } from './genesis/dev-accounts.ts';
export { devGenesisFile } from './genesis/dev-genesis.ts';
export { createGenesis } from './genesis/genesis.ts';
export { checksumAddress } from './query/checksum-address.ts';
export { matches as logMatches } from './query/log-search.ts';
export { revertMessage } from './query/revert-reason.ts';
export { StoredChainReader } from './query/stored-chain-reader.ts';
export { type ChainPosition, readChainPosition } from './store/chain-position.ts';
export { createChainFolder } from './store/create-chain-folder.ts';
export { decodeTransaction } from './transaction/decode.ts';
