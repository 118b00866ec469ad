/** `praline validators`: who belongs to a running network, and changing that while it runs. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../duration.ts';
import { CommandError, EXIT_CODES } from '../exit-code.ts';
import type { Console } from '../output/console.ts';
import type { AskedNode } from '../rpc-client/ask-node.ts';
import {
  addCredentialOptions,
  authorizationFor,
  type CredentialOptions,
} from '../rpc-client/credentials.ts';
import type { ChangeOptions } from '../validators/change-members.ts';
import {
  addMember,
  demoteMember,
  removeMember,
  replaceMember,
} from '../validators/change-members.ts';
import { formatMembers, formatStep, stepEvent } from '../validators/member-lines.ts';
import { type Members, readMembers } from '../validators/members.ts';

const DEFAULT_URL = 'http://127.0.0.1:8545';
const DEFAULT_TIMEOUT_MS = 600_000;

interface ValidatorsOptions extends CredentialOptions {
  readonly rpc?: readonly string[];
  readonly json?: true;
}

interface ChangeCommandOptions extends ValidatorsOptions {
  readonly timeout?: number;
}

interface NewMember {
  readonly publicKey: string;
  readonly address: string;
}

export function addValidators(program: Command, console: Console): void {
  const validators = program
    .command('validators')
    .summary('show and change who belongs to a running network')
    .description(
      'Shows the members of a running network and changes them by agreement, without a stop. Validators vote; observers store and serve everything and never vote. Outside development mode the nodes that are asked must have been started with --admin.',
    )
    .addHelpText(
      'after',
      '\nIn a Byzantine network a change needs the operators of a quorum of the validators: each runs the same command with --rpc of the own validator, within 5 minutes. Whoever runs several validators names them all: --rpc URL URL URL.',
    );
  const list = shared(validators.command('list'))
    .summary('show all members')
    .description('Shows the validators and observers as one node knows them.')
    .action(async (options: ValidatorsOptions) => {
      print(await readMembers(nodesOf(options)[0]), options, console);
    });
  const add = changing(validators.command('add'))
    .summary('add a node: it catches up as an observer, then becomes a validator')
    .description(
      'Adds a node that was prepared with "praline join" and runs: as an observer first, and once it has every block as a validator. Whatever was done before the command was interrupted is not done again.',
    )
    .argument('<key@host:port>', "the node's public key, and where the others reach it", newMember)
    .option('--observer', 'leave it an observer')
    .addHelpText(
      'after',
      '\nExamples:\n  praline validators add 3b78...85@10.0.0.4:3000\n  praline validators add 3b78...85@10.0.0.4:3000 --observer',
    )
    .action(async (member: NewMember, options: ChangeCommandOptions & { observer?: true }) => {
      const asObserver = options.observer === true;
      finish(
        await addMember(member, { ...changeOptions(options, console), asObserver }),
        options,
        console,
      );
    });
  const remove = changing(validators.command('remove'))
    .summary('remove a node')
    .description(
      'Takes a validator or observer out of the network. Its process goes on without taking part: stop it afterwards. The others go on if enough of them run.',
    )
    .argument('<node>', 'its public key, or its number in the list')
    .action(async (node: string, options: ChangeCommandOptions) => {
      const key = await publicKeyOf(node, options);
      finish(await removeMember(key, changeOptions(options, console)), options, console);
    });
  const demote = changing(validators.command('demote'))
    .summary('make a validator an observer')
    .description(
      'Makes a validator an observer, which goes on storing and serving everything. "praline validators add" makes it a validator again.',
    )
    .argument('<node>', 'its public key, or its number in the list')
    .action(async (node: string, options: ChangeCommandOptions) => {
      const key = await publicKeyOf(node, options);
      finish(await demoteMember(key, changeOptions(options, console)), options, console);
    });
  const replace = changing(validators.command('replace'))
    .summary('put a new node in the place of another')
    .description(
      'Adds the new node as an observer, waits until it has every block, then exchanges the two in one step, so that the number of validators never changes. The way back for a node whose data was lost: it comes back under a new key.',
    )
    .argument('<node>', 'public key of the node to replace, or its number in the list')
    .argument('<key@host:port>', 'public key and address of the new node', newMember)
    .action(async (node: string, by: NewMember, options: ChangeCommandOptions) => {
      const key = await publicKeyOf(node, options);
      finish(await replaceMember(key, by, changeOptions(options, console)), options, console);
    });
  for (const command of [validators, list, add, remove, demote, replace]) {
    command.exitOverride().copyInheritedSettings(program);
  }
}

function shared(command: Command): Command {
  return addCredentialOptions(command)
    .addOption(
      new Option(
        '--rpc <url...>',
        'RPC address of any node; in a Byzantine network, of every node on which you may propose the change',
      ).default(undefined, DEFAULT_URL),
    )
    .option('--json', 'JSON lines instead of text');
}

function changing(command: Command): Command {
  return shared(command).option(
    '--timeout <time>',
    'give up waiting after so long, such as 90s (default: 10m)',
    parseDuration,
  );
}

function nodesOf(options: ValidatorsOptions): readonly [AskedNode, ...AskedNode[]] {
  const authorization = authorizationFor(options);
  const [first = DEFAULT_URL, ...others] = options.rpc ?? [];
  return [{ url: first, authorization }, ...others.map((url) => ({ url, authorization }))];
}

function changeOptions(options: ChangeCommandOptions, console: Console): ChangeOptions {
  return {
    nodes: nodesOf(options),
    timeoutMs: options.timeout ?? DEFAULT_TIMEOUT_MS,
    onStep: (step) => {
      if (options.json) console.json(stepEvent(step));
      else for (const line of formatStep(step)) console.line(line);
    },
  };
}

function finish(members: Members, options: ValidatorsOptions, console: Console): void {
  if (options.json) {
    console.json({ event: 'done', ...members });
  } else {
    console.line('');
    print(members, options, console);
  }
}

function print(members: Members, { json }: ValidatorsOptions, console: Console): void {
  if (json) {
    console.json(members);
  } else {
    for (const line of formatMembers(members)) console.line(line);
  }
}

/** A member by its public key, or by its number in the cluster file of the node that is asked. */
async function publicKeyOf(node: string, options: ValidatorsOptions): Promise<string> {
  if (/^[0-9a-f]{64}$/.test(node)) {
    return node;
  }
  if (!/^\d{1,4}$/.test(node)) {
    throw new CommandError(
      EXIT_CODES.usage,
      `${JSON.stringify(node)} is neither a public key of 64 hexadecimal digits nor a number in the list.`,
    );
  }
  const { members } = await readMembers(nodesOf(options)[0]);
  const found = members.find((member) => member.node === Number(node));
  if (found === undefined) {
    throw new CommandError(
      EXIT_CODES.failure,
      `No member has the number ${node}. See them with "praline validators list".`,
    );
  }
  return found.publicKey;
}

function newMember(text: string): NewMember {
  const [, publicKey, address] = /^([0-9a-f]{64})@(.+:\d{1,5})$/.exec(text) ?? [];
  if (publicKey === undefined || address === undefined) {
    throw new InvalidArgumentError(
      'Write the public key (64 hexadecimal digits), @, host and port: 3b78...85@10.0.0.4:3000.',
    );
  }
  return { publicKey, address };
}
