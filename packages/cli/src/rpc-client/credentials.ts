/** The options of commands that ask nodes: what they show to a node that lets in whoever holds a secret. */
import { type Authorization, readAuthorization } from '@praline/node';
import type { Command } from 'commander';

export interface CredentialOptions {
  readonly rpcTokenFile?: string;
  readonly rpcJwtSecret?: string;
}

export function addCredentialOptions(command: Command): Command {
  return command
    .option('--rpc-token-file <file>', 'show the token in this file (mode 0600) to the nodes named')
    .option(
      '--rpc-jwt-secret <file>',
      'or a JWT of the secret in this file, as of geth (mode 0600)',
    );
}

/** Throws `ConfigError`. */
export function authorizationFor(options: CredentialOptions): Authorization {
  const { rpcTokenFile, rpcJwtSecret } = options;
  return readAuthorization({
    ...(rpcTokenFile === undefined ? {} : { tokenFile: rpcTokenFile }),
    ...(rpcJwtSecret === undefined ? {} : { jwtSecretFile: rpcJwtSecret }),
  });
}
