/** Ganache, in JavaScript; no longer developed. */
import { join } from 'node:path';
import { DEVELOPMENT_MNEMONIC } from '../../harness/network.ts';
import { CHAIN_ID } from '../signed-transactions.ts';
import { peerPackage, startPeer } from './peer-process.ts';
import type { Target, TargetOptions } from './target.ts';

export async function startGanache(options: TargetOptions): Promise<Target> {
  const { accounts, blockTimeSeconds, gasLimit } = options;
  const command = join(peerPackage('ganache'), 'dist', 'node', 'cli.js');
  return await startPeer('ganache', (port) => ({
    file: process.execPath,
    args: [
      ...[command, '--server.host', '127.0.0.1', '--server.port', String(port)],
      ...['--chain.chainId', String(CHAIN_ID), '--logging.quiet'],
      ...['--wallet.mnemonic', DEVELOPMENT_MNEMONIC, '--wallet.totalAccounts', String(accounts)],
      ...['--wallet.defaultBalance', '10000'],
      ...['--miner.blockGasLimit', String(gasLimit), '--miner.blockTime', String(blockTimeSeconds)],
    ],
  }));
}
