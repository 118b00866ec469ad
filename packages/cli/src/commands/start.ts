/** `praline start`: a whole network on this machine from one command, and what `npm start` runs. */
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { describeNetwork, type NetworkDescription } from '@praline/node';
import type { Command } from 'commander';
import { formatBanner } from '../output/banner.ts';
import type { Console } from '../output/console.ts';
import { formatEvent, withTime } from '../output/event-line.ts';
import { formatRetention, parseRetention, RETENTION_HELP, type Retention } from '../retention.ts';
import { parseStateHistory, STATE_HISTORY_HELP, type StateHistory } from '../state-history.ts';
import type { NetworkEvent } from '../supervisor/network-event.ts';
import { NetworkSupervisor, StartError } from '../supervisor/network-supervisor.ts';
import { addNetworkOptions, type NetworkOptions } from './network-options.ts';
import { ADMIN_HELP } from './node.ts';
import { prepareNetwork } from './prepare-network.ts';
import {
  addRpcOptions,
  type RpcOptions,
  rpcArgumentsOf,
  rpcConfigurationOf,
  splitRpcOptions,
} from './rpc-options.ts';
import { untilStopSignal } from './stop-signal.ts';

const DEFAULT_FOLDER = '.praline';
/** How often ports are chosen again when others take them at the same moment. */
const START_ATTEMPTS = 4;

interface StartOptions extends NetworkOptions, RpcOptions {
  readonly data: string;
  readonly reset?: true;
  readonly restart?: true;
  readonly json?: true;
  readonly p2pPort?: number;
  readonly logLevel?: string;
  readonly admin?: true;
  readonly retention?: Retention;
  readonly stateHistory?: StateHistory;
}

export function addStart(program: Command, console: Console): void {
  const command = addNetworkOptions(
    program
      .command('start')
      .alias('up')
      .summary('run a whole network on this machine')
      .description(
        'Starts a network of several node processes on this machine and shows what happens in it. The first run makes the network in the data folder, later runs continue it.',
      )
      .option('--data <folder>', 'folder of the network', DEFAULT_FOLDER),
  )
    .option('--reset', 'delete the network in the data folder and make a new one')
    .option('--admin', ADMIN_HELP);
  addRpcOptions(command, '--ipc')
    .option('--retention <entries>', RETENTION_HELP, parseRetention)
    .option('--state-history <blocks>', STATE_HISTORY_HELP, parseStateHistory)
    .option('--restart', 'start a node again when it dies')
    .option(
      '--log-level <level>',
      'level of the log files in the data folder: error, warn, info, debug',
    )
    .option('--json', 'one JSON line per event instead of text')
    .addHelpText('after', HELP)
    .action(async (options: StartOptions) => {
      await start(options, console);
    });
}

const HELP = `
A node that dies is reported and stays down; type "restart" and Enter to start it again, run
"praline node --cluster ${DEFAULT_FOLDER}/cluster.json" in another terminal, or use --restart.

Examples:
  praline start                        three nodes on ports 8545, 8546 and 8547
  praline start --nodes 5              five nodes
  praline start --block-time 2         a block every two seconds instead of at once
  praline start --data /tmp/net --reset --json`;

async function start(options: StartOptions, console: Console): Promise<void> {
  const { rpc, others } = splitRpcOptions(options);
  // Wrong ones are told before anything is made.
  rpcConfigurationOf(rpc);
  const {
    data,
    reset,
    restart,
    json,
    p2pPort,
    logLevel,
    admin,
    retention,
    stateHistory,
    ...given
  } = others;
  const folder = resolve(data);
  const peerPort = given.peerPort ?? p2pPort;
  const network: NetworkOptions = { ...given, ...(peerPort === undefined ? {} : { peerPort }) };
  let isStopping = false;
  let current: NetworkSupervisor | null = null;
  const stopSignal = untilStopSignal({ onSecond: () => current?.kill() }).then(() => {
    isStopping = true;
  });
  for (let attempt = 1; ; attempt += 1) {
    const prepared = await prepareNetwork(folder, network, reset === true && attempt === 1);
    const { cluster, notes } = prepared;
    const description = await describeNetwork(cluster);
    for (const note of notes) {
      // Standard output holds nothing but events with --json.
      (json ? console.error : console.line)(note);
    }
    const print = json
      ? (event: NetworkEvent) => console.json(jsonEvent(event, description))
      : (event: NetworkEvent) => printEvent(event, description, console);
    const supervisor = new NetworkSupervisor({
      cluster,
      restart: restart === true,
      nodeArguments: (number) => [
        ...rpcArgumentsOf(rpc, number),
        ...(logLevel === undefined ? [] : ['--log-level', logLevel]),
        ...(admin === true ? ['--admin'] : []),
        ...(retention === undefined ? [] : ['--retention', formatRetention(retention)]),
        ...(stateHistory === undefined ? [] : ['--state-history', String(stateHistory)]),
      ],
      onEvent: print,
    });
    current = supervisor;
    try {
      await runUntilStopped(supervisor, stopSignal, json ? null : console);
      print({ event: 'stopped' });
      return;
    } catch (error) {
      // Somebody took a port between the look and the start: look again.
      const isPortTaken = error instanceof StartError && error.code === 'port-taken';
      if (isStopping || !isPortTaken || attempt === START_ATTEMPTS) {
        throw error;
      }
    } finally {
      await prepared.release();
    }
  }
}

async function runUntilStopped(
  supervisor: NetworkSupervisor,
  stopSignal: Promise<void>,
  console: Console | null,
): Promise<void> {
  const started = supervisor.start();
  await Promise.race([started, stopSignal]);
  const commands = console === null ? null : listenForCommands(supervisor, console);
  await stopSignal;
  commands?.close();
  console?.line('');
  console?.line('Stopping ...');
  await supervisor.stop();
  await started.catch(() => {});
}

function printEvent(event: NetworkEvent, description: NetworkDescription, console: Console): void {
  if (event.event === 'ready') {
    for (const line of formatBanner({ ...description, ...event })) {
      console.line(line);
    }
    return;
  }
  const line = formatEvent(event);
  if (line !== null) {
    console.line(withTime(line, new Date()));
  }
}

function jsonEvent(event: NetworkEvent, description: NetworkDescription): object {
  const { data, mining, development } = description;
  return event.event === 'ready' ? { ...event, data, mining, development } : event;
}

/** Reads commands typed into the terminal. */
function listenForCommands(supervisor: NetworkSupervisor, console: Console) {
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    if (line.trim() === 'restart') {
      const nodes = supervisor.restartDown();
      console.line(nodes.length === 0 ? 'All nodes run.' : `Starting node ${nodes.join(', ')} ...`);
    }
  });
  return lines;
}
