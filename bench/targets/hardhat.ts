/** Hardhat node, version 2: its network runs in native code behind a JSON-RPC server in JavaScript. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEVELOPMENT_MNEMONIC } from '../../harness/network.ts';
import { CHAIN_ID } from '../signed-transactions.ts';
import { peerPackage, startPeer } from './peer-process.ts';
import type { Target, TargetOptions } from './target.ts';

/** Wei of each account, as the others have: 10,000 ether. */
const BALANCE = '10000000000000000000000';

export async function startHardhat(options: TargetOptions): Promise<Target> {
  const command = join(peerPackage('hardhat'), 'internal', 'cli', 'cli.js');
  return await startPeer('hardhat', (port, home) => {
    const configuration = join(home, 'hardhat.config.cjs');
    writeFileSync(configuration, `module.exports = ${JSON.stringify(configurationOf(options))};`);
    return {
      file: process.execPath,
      args: [
        ...[command, '--config', configuration],
        ...['node', '--hostname', '127.0.0.1', '--port', String(port)],
      ],
      environment: { HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true' },
    };
  });
}

function configurationOf({ accounts, blockTimeSeconds, gasLimit }: TargetOptions): unknown {
  return {
    solidity: '0.8.28',
    networks: {
      hardhat: {
        chainId: CHAIN_ID,
        blockGasLimit: gasLimit,
        accounts: { mnemonic: DEVELOPMENT_MNEMONIC, count: accounts, accountsBalance: BALANCE },
        mining:
          blockTimeSeconds > 0
            ? { auto: false, interval: blockTimeSeconds * 1000 }
            : { auto: true },
        // It logs each call otherwise, which costs time that it need not take.
        loggingEnabled: false,
      },
    },
  };
}
