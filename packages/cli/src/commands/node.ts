/** `praline node`: one node in the foreground. */
import { hostname } from 'node:os';
import {
  ConfigError,
  loadCluster,
  type NodeEvent,
  type StartedNode,
  startClusterNode,
  startFirstFreeNode,
} from '@praline/node';
import { type Command, Option } from 'commander';
import { EXIT_CODES } from '../exit-code.ts';
import type { Console } from '../output/console.ts';
import { withTime } from '../output/event-line.ts';
import { formatNodeEvent } from '../output/node-event-line.ts';
import { parseRetention, RETENTION_HELP, type Retention } from '../retention.ts';
import { parseStateHistory, STATE_HISTORY_HELP, type StateHistory } from '../state-history.ts';
import { wholeNumber } from '../whole-number.ts';
import {
  addRpcOptions,
  type RpcOptions,
  rpcConfigurationOf,
  splitRpcOptions,
} from './rpc-options.ts';
import { untilStopSignal } from './stop-signal.ts';

interface NodeOptions extends RpcOptions {
  readonly cluster: string;
  readonly node?: number;
  readonly init?: true;
  readonly admin?: true;
  readonly retention?: Retention;
  readonly stateHistory?: StateHistory;
  readonly logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug';
  readonly json?: true;
}

export const ADMIN_HELP =
  'let clients on the RPC port change the network: its leader, its validators (default in development mode)';

export function addNode(program: Command, console: Console): void {
  const command = program
    .command('node')
    .summary('run one node of a cluster')
    .description(
      'Runs one node in the foreground. Without --node it takes the first node of the cluster file whose key is here and which does not run yet, so the same command in three terminals starts three nodes.',
    )
    .requiredOption('--cluster <file>', 'the cluster file, as "praline init" makes it')
    .option('--node <number>', 'which node, counted from 1', wholeNumber(1, 1000))
    .option('--init', 'make the data folder, for a node whose key was never used (with --node)')
    .option('--admin', ADMIN_HELP);
  addRpcOptions(command, '--ipc [path]')
    .option('--retention <entries>', RETENTION_HELP, parseRetention)
    .option('--state-history <blocks>', STATE_HISTORY_HELP, parseStateHistory)
    .addOption(
      new Option('--log-level <level>', "level of the log file in the node's data folder")
        .choices(['silent', 'error', 'warn', 'info', 'debug'])
        .default('info'),
    )
    .option('--json', 'one JSON line per event instead of text')
    .addHelpText(
      'after',
      '\nExamples:\n  praline node --cluster cluster/cluster.json\n  praline node --cluster cluster/cluster.json --node 2 --json',
    )
    .action(async (options: NodeOptions) => {
      await runNode(options, console);
    });
}

async function runNode(options: NodeOptions, console: Console): Promise<void> {
  const print = (event: NodeEvent): void => {
    if (options.json) {
      console.json(event);
    } else {
      console.line(withTime(formatNodeEvent(event), new Date()));
    }
  };
  // From here on, so that a node which is told to stop while it starts still ends in good order.
  const asked = Promise.race([untilStopSignal({ onSecond: onSecondSignal }), untilParentGone()]);
  const cluster = loadCluster(options.cluster);
  const shared = {
    cluster,
    logLevel: options.logLevel,
    onEvent: print,
    rpc: rpcConfigurationOf(splitRpcOptions(options).rpc),
    ...(options.admin === true ? { admin: true } : {}),
    ...(options.retention === undefined ? {} : { retention: options.retention }),
    ...(typeof options.stateHistory === 'number' ? { stateHistory: options.stateHistory } : {}),
  };
  const started =
    options.node === undefined
      ? startFirstFreeNode(shared)
      : startClusterNode({ ...shared, number: options.node, init: options.init === true });
  const node = await started.catch((error: unknown) => {
    if (options.json && error instanceof ConfigError) {
      print({ event: 'failed', code: error.code, message: error.message });
    }
    leaveParent();
    throw error;
  });
  const failure = await Promise.race([asked.then(() => null), node.failed]);
  await stopNode(node);
  if (failure === null) {
    print({ event: 'stopped' });
  } else {
    console.error(`Node stopped on ${hostname()}: ${failure.message}`);
    process.exitCode = EXIT_CODES.failure;
  }
}

/** A child of `praline start` gets Ctrl-C from the terminal and from its parent; the parent alone insists. */
function onSecondSignal(): void {
  if (process.send === undefined) {
    process.exit(EXIT_CODES.failure);
  }
}

/** A child of `praline start` ends with its parent, however that ends; others never see this. */
function untilParentGone(): Promise<void> {
  return new Promise((resolve) => {
    if (process.send !== undefined) {
      process.once('disconnect', () => resolve());
    }
  });
}

async function stopNode(node: StartedNode): Promise<void> {
  await node.close();
  leaveParent();
}

/** The channel to `praline start` would keep the process alive. */
function leaveParent(): void {
  if (process.connected) {
    process.disconnect();
  }
}
