/** Anvil, of Foundry, written in Rust. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DEVELOPMENT_MNEMONIC } from '../../harness/network.ts';
import { CHAIN_ID } from '../signed-transactions.ts';
import { peerPackage, startPeer } from './peer-process.ts';
import type { Target, TargetOptions } from './target.ts';

/** Throws when the package has no binary for this machine. */
export async function startAnvil(options: TargetOptions): Promise<Target> {
  const { accounts, blockTimeSeconds, gasLimit } = options;
  const binary = anvilBinary();
  const interval = blockTimeSeconds > 0 ? ['--block-time', String(blockTimeSeconds)] : [];
  return await startPeer('anvil', (port) => ({
    file: binary,
    args: [
      ...['--port', String(port), '--chain-id', String(CHAIN_ID), '--silent'],
      ...['--mnemonic', DEVELOPMENT_MNEMONIC, '--accounts', String(accounts)],
      ...['--gas-limit', String(gasLimit), ...interval],
    ],
  }));
}

function anvilBinary(): string {
  const packages = join(peerPackage('@foundry-rs/anvil'), '..');
  for (const name of readdirSync(packages)) {
    for (const file of ['anvil', 'anvil.exe']) {
      const binary = join(packages, name, 'bin', file);
      if (existsSync(binary)) return binary;
    }
  }
  throw new Error(
    `the package @foundry-rs/anvil has no binary for ${process.platform} ${process.arch}`,
  );
}
