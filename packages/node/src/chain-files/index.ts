/** Entry `@praline/node/chain-files`: chains from and to files of RLP blocks. It runs no node. */
export {
  ChainFileError,
  type ExportedChain,
  exportChainFile,
  type ImportedChain,
} from '@praline/chain';
export {
  type BlockSource,
  BlockUnavailableError,
  openRpcBlocks,
  openStoredBlocks,
  type StoredBlocksOptions,
} from './block-source.ts';
export { type ImportFolderOptions, importIntoFolder } from './imported-folder.ts';
