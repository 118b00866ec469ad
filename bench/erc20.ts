/** Transfers of an ERC-20 over HTTP: how many per second get into blocks, beside the usual development nodes in the same run. */
import { callRpc } from '../harness/json-rpc.ts';
import type { BenchResult } from './report.ts';
import { signCalls } from './signed-transactions.ts';
import { startAnvil } from './targets/anvil.ts';
import { startGanache } from './targets/ganache.ts';
import { startHardhat } from './targets/hardhat.ts';
import type { Target } from './targets/target.ts';
import {
  compareThroughput,
  type ThroughputOptions,
  throughputMethod,
  throughputTable,
} from './throughput.ts';
import { TOKEN_TRANSFER_GAS, Token, tokenRecipient } from './token.ts';

export async function benchErc20(options: ThroughputOptions): Promise<BenchResult> {
  const token = new Token(options.connections);
  const sequences = signCalls(options.connections, options.transactions, (index) => ({
    to: token.address,
    value: 0n,
    input: token.transferInput(tokenRecipient(index)),
    gasLimit: TOKEN_TRANSFER_GAS,
  }));
  const runs = await compareThroughput(options, {
    peers: [startAnvil, startHardhat],
    instantPeers: [startGanache],
    sequences,
    moreAccounts: 1,
    prepare: (target) => token.deploy(target.urls),
    check: (target) => requireTransfers(target, token),
  });
  return {
    name: 'erc20',
    method: [
      "Transfers of one unit of OpenZeppelin's ERC-20, compiled for Shanghai, each account's to an address of its own.",
      'Ganache takes part with instant blocks only: with a block time it accepts this load faster than it executes it, and was seen to make no two blocks in two minutes.',
      ...throughputMethod(options),
    ],
    table: throughputTable(runs),
    figures: { ...options, runs },
  };
}

/** A transfer that reverts is in a block too, and cheaper: what was measured must have moved something. Throws otherwise. */
async function requireTransfers(target: Target, token: Token): Promise<void> {
  const url = target.urls[0] ?? '';
  for (const index of token.holders.keys()) {
    const call = { to: token.address, data: token.balanceInput(tokenRecipient(index)) };
    const balance = BigInt(await callRpc<string>(url, 'eth_call', [call, 'latest']));
    if (balance === 0n) throw new Error(`${target.name}: account ${index} has transferred nothing`);
  }
}
