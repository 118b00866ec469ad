/** `praline status`: how every node of a running network is, asked at one or more of them. */
import type { Command } from 'commander';
import { CommandError, EXIT_CODES } from '../exit-code.ts';
import type { Console } from '../output/console.ts';
import { formatTable } from '../output/table.ts';
import {
  addCredentialOptions,
  authorizationFor,
  type CredentialOptions,
} from '../rpc-client/credentials.ts';
import { type NetworkNodeStatus, networkStatus } from '../rpc-client/network-status.ts';

const DEFAULT_URL = 'http://127.0.0.1:8545';

interface StatusOptions extends CredentialOptions {
  readonly rpc: readonly string[];
  readonly json?: true;
}

export function addStatus(program: Command, console: Console): void {
  const command = program
    .command('status')
    .summary('show how the nodes of a running network are')
    .description(
      'Asks one node for its peers, then every node for its role, term, leader, commit index, block and lag. A node that does not answer is shown as the others see it.',
    )
    .option(
      '--rpc <url...>',
      'RPC address of any node; where nodes want a token, of each that is to be asked',
      [DEFAULT_URL],
    )
    .option('--json', 'the result as one JSON object')
    .addHelpText(
      'after',
      '\nExit code: 0 when a quorum of validators answers and a leader is known, 4 otherwise.\n\nExamples:\n  praline status\n  praline status --rpc http://127.0.0.1:8546 --json',
    )
    .action(async ({ rpc, json, ...credentials }: StatusOptions) => {
      const authorization = authorizationFor(credentials);
      const [first = DEFAULT_URL, ...others] = rpc;
      const status = await networkStatus([
        { url: first, authorization },
        ...others.map((url) => ({ url, authorization })),
      ]);
      if (json) {
        console.json(status);
      } else {
        for (const line of formatStatus(status.nodes)) {
          console.line(line);
        }
        console.line('');
        console.line(status.summary);
      }
      if (!status.healthy) {
        throw new CommandError(EXIT_CODES.unreachable, status.summary);
      }
    });
  addCredentialOptions(command);
}

function formatStatus(nodes: readonly NetworkNodeStatus[]): string[] {
  return formatTable(
    ['node', 'RPC', 'state', 'role', 'term', 'leader', 'committed', 'block', 'lag', 'peers'],
    nodes.map((node) => [
      node.node ?? '-',
      node.rpc ?? '-',
      node.state,
      node.role ?? '-',
      node.term ?? '-',
      node.leader ?? '-',
      node.commitIndex ?? '-',
      node.blockNumber ?? '-',
      node.lag ?? '-',
      node.peers ?? '-',
    ]),
  );
}
