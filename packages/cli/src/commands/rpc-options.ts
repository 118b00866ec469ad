/** The options that `node` and `start` share: where and to whom JSON-RPC is served. */
import type { RpcConfiguration } from '@praline/node';
import { type Command, InvalidArgumentError } from 'commander';
import { CommandError, EXIT_CODES } from '../exit-code.ts';
import { parsePort } from '../whole-number.ts';

export interface RpcOptions {
  readonly rpcHosts?: readonly string[];
  readonly rpcOrigins?: readonly string[];
  readonly rpcNamespaces?: readonly string[];
  readonly rpcTokenFile?: string;
  readonly rpcJwtSecret?: string;
  readonly rpcTlsCert?: string;
  readonly rpcTlsKey?: string;
  readonly adminRpcPort?: number;
  readonly adminRpcHost?: string;
  readonly adminRpcNamespaces?: readonly string[];
  readonly adminRpcTokenFile?: string;
  readonly adminRpcJwtSecret?: string;
  readonly ipc?: true | string;
}

/** `ipc`: how the option of the socket is written, for `start` has no single path to give. */
export function addRpcOptions(command: Command, ipc: '--ipc' | '--ipc [path]'): Command {
  return command
    .option('--rpc-hosts <names>', 'further names the node goes by, with commas; * for all', listOf)
    .option(
      '--rpc-origins <origins>',
      'web pages that may talk to it, with commas; * for all',
      listOf,
    )
    .option('--rpc-namespaces <names>', 'namespaces of the RPC port, such as eth,net,web3', listOf)
    .option('--rpc-token-file <file>', 'clients must show the token in this file (mode 0600)')
    .option(
      '--rpc-jwt-secret <file>',
      'or a JWT of the secret in this file, as of geth (mode 0600)',
    )
    .option('--rpc-tls-cert <file>', 'serve HTTPS and WSS with this certificate (PEM)')
    .option('--rpc-tls-key <file>', 'its secret key (PEM, mode 0600)')
    .option('--admin-rpc-port <port>', 'a second RPC port, for operators', parsePort)
    .option('--admin-rpc-host <host>', 'where it listens (default: this machine only)')
    .option('--admin-rpc-namespaces <names>', 'its namespaces (default: all)', listOf)
    .option('--admin-rpc-token-file <file>', 'its token file (default: as the RPC port)')
    .option('--admin-rpc-jwt-secret <file>', 'its JWT secret (default: as the RPC port)')
    .option(ipc, "a Unix domain socket with all methods: praline.ipc in the node's data folder");
}

/** Throws `CommandError` for options that need others. */
export function rpcConfigurationOf(options: RpcOptions): RpcConfiguration {
  const { rpcTlsCert, rpcTlsKey, adminRpcPort, ipc } = options;
  if ((rpcTlsCert === undefined) !== (rpcTlsKey === undefined)) {
    throw usage('--rpc-tls-cert and --rpc-tls-key belong together.');
  }
  const isAdminPortMeant = Object.keys(options).some((name) => name.startsWith('adminRpc'));
  if (adminRpcPort === undefined && isAdminPortMeant) {
    throw usage('The other --admin-rpc options need --admin-rpc-port.');
  }
  return present({
    allowedHosts: options.rpcHosts,
    allowedOrigins: options.rpcOrigins,
    namespaces: options.rpcNamespaces,
    tokenFile: options.rpcTokenFile,
    jwtSecretFile: options.rpcJwtSecret,
    tls:
      rpcTlsCert === undefined || rpcTlsKey === undefined
        ? undefined
        : { certificateFile: rpcTlsCert, keyFile: rpcTlsKey },
    adminPort:
      adminRpcPort === undefined
        ? undefined
        : present({
            port: adminRpcPort,
            host: options.adminRpcHost,
            namespaces: options.adminRpcNamespaces,
            tokenFile: options.adminRpcTokenFile,
            jwtSecretFile: options.adminRpcJwtSecret,
          }),
    ipc,
  });
}

/** The same options for the process of node `number`, counted from 1, which takes the n-th admin port. */
export function rpcArgumentsOf(options: RpcOptions, number: number): string[] {
  const { adminRpcPort } = options;
  const own = {
    ...options,
    ...(adminRpcPort === undefined ? {} : { adminRpcPort: adminRpcPort + number - 1 }),
  };
  return RPC_OPTION_NAMES.flatMap((name) => {
    const value = own[name];
    if (value === undefined) {
      return [];
    }
    const option = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return value === true ? [option] : [option, String(value)];
  });
}

const RPC_OPTION_NAMES = [
  ...(['rpcHosts', 'rpcOrigins', 'rpcNamespaces', 'rpcTokenFile', 'rpcJwtSecret'] as const),
  ...(['rpcTlsCert', 'rpcTlsKey', 'adminRpcPort', 'adminRpcHost', 'adminRpcNamespaces'] as const),
  ...(['adminRpcTokenFile', 'adminRpcJwtSecret', 'ipc'] as const),
] satisfies readonly (keyof RpcOptions)[];

/** Takes the RPC options out of all that were given. */
export function splitRpcOptions<Options extends RpcOptions>(
  options: Options,
): { readonly rpc: RpcOptions; readonly others: Omit<Options, keyof RpcOptions> } {
  const names: ReadonlySet<string> = new Set(RPC_OPTION_NAMES);
  const entries = Object.entries(options);
  return {
    rpc: Object.fromEntries(entries.filter(([name]) => names.has(name))),
    others: Object.fromEntries(entries.filter(([name]) => !names.has(name))) as Omit<
      Options,
      keyof RpcOptions
    >,
  };
}

function listOf(text: string): readonly string[] {
  const items = text.split(',').map((item) => item.trim());
  if (items.includes('')) {
    throw new InvalidArgumentError('Write names with commas between them.');
  }
  return items;
}

function usage(message: string): CommandError {
  return new CommandError(EXIT_CODES.usage, message);
}

type Present<Value> = { [Name in keyof Value]?: Exclude<Value[Name], undefined> };

/** Without what is not there. */
function present<Value extends { readonly port?: number }>(
  value: Value,
): Present<Value> & Pick<Value, 'port'>;
function present<Value extends object>(value: Value): Present<Value>;
function present(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));
}
