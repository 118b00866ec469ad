/** The options that `start` and `init` share: what the new chain is like. */
import { DEV_FORKS, type DevFork, MAX_NODES } from '@praline/node';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../duration.ts';
import { parsePort, wholeNumber } from '../whole-number.ts';

/** First ports when none are asked for; node n takes the n-th from there. */
export const DEFAULT_RPC_PORT = 8545;
export const DEFAULT_PEER_PORT = 3000;
const DEFAULT_NODES = 3;
/** The fewest of which one may lie. */
const DEFAULT_BFT_NODES = 4;
const MAX_ACCOUNTS = 1000;

export interface NetworkOptions {
  readonly nodes?: number;
  readonly rpcPort?: number;
  readonly peerPort?: number;
  /** `BFT` also tolerates nodes that lie: one of four, two of seven. */
  readonly crashModel?: 'CFT' | 'BFT';
  /** Milliseconds between blocks; instant mining without it. */
  readonly blockTime?: number;
  readonly emptyBlocks?: true;
  readonly chainId?: number;
  readonly hardfork?: DevFork;
  readonly mnemonic?: string;
  readonly accounts?: number;
  /** Ether per account. */
  readonly balance?: bigint;
}

export function addNetworkOptions(command: Command): Command {
  return command
    .option(
      '--nodes <count>',
      `number of nodes (default: ${DEFAULT_NODES}, BFT ${DEFAULT_BFT_NODES})`,
      wholeNumber(1, MAX_NODES),
    )
    .option(
      '--rpc-port <port>',
      `RPC port of the first node (default: ${DEFAULT_RPC_PORT})`,
      parsePort,
    )
    .addOption(
      new Option(
        '--peer-port <port>',
        `port of the first node for other nodes (default: ${DEFAULT_PEER_PORT})`,
      ).argParser(parsePort),
    )
    .addOption(new Option('--p2p-port <port>').argParser(parsePort).hideHelp())
    .addOption(
      new Option(
        '--crash-model <model>',
        'CFT: goes on while most nodes work; BFT: even if fewer than a third of them lie (default: CFT)',
      ).choices(['CFT', 'BFT']),
    )
    .option(
      '--block-time <time>',
      'make a block every so often, such as 2 (seconds) or 500ms, instead of at once',
      parseDuration,
    )
    .option('--empty-blocks', 'with --block-time: make blocks even without transactions')
    .option('--chain-id <id>', 'chain id (default: 31337)', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .addOption(new Option('--hardfork <name>', 'rules of the chain').choices([...DEV_FORKS]))
    .option('--mnemonic <words>', 'words that the funded accounts derive from')
    .option('--accounts <count>', 'funded accounts (default: 10)', wholeNumber(0, MAX_ACCOUNTS))
    .option('--balance <ether>', 'ether of each funded account (default: 10000)', parseEther);
}

export function nodeCountOf({ nodes, crashModel }: NetworkOptions): number {
  return nodes ?? (crashModel === 'BFT' ? DEFAULT_BFT_NODES : DEFAULT_NODES);
}

function parseEther(text: string): bigint {
  if (!/^\d{1,40}$/.test(text)) {
    throw new InvalidArgumentError('Write a whole number of ether.');
  }
  return BigInt(text);
}
