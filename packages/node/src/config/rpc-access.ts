/**
 * Where and to whom a node serves JSON-RPC beside what the cluster file says: the operator's wishes with the names of
 * files, and the same with the files read and checked. Messages name files and never show what is in them.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Authentication,
  authorizationOf,
  type NetworkListenerOptions,
  type TlsOptions,
} from '@praline/rpc';
import { ConfigError } from './config-error.ts';
import { readOwnerOnlyFile } from './key-file.ts';

/** Names that an operator may choose from; `dev` stands for all namespaces of development. */
export const RPC_NAMESPACES: readonly string[] = [
  ...['admin', 'anvil', 'debug', 'dev', 'erigon', 'eth', 'evm', 'hardhat', 'miner', 'mokka', 'net'],
  ...['ots', 'personal', 'rpc', 'tenderly', 'trace', 'txpool', 'web3'],
];

/** What clients of one port must hold. */
export interface SecretFiles {
  /** File of a bearer token. */
  readonly tokenFile?: string;
  /** File of a JWT secret: 64 hexadecimal digits, as for `geth --authrpc.jwtsecret`. */
  readonly jwtSecretFile?: string;
}

export interface RpcConfiguration extends SecretFiles {
  readonly allowedHosts?: readonly string[];
  readonly allowedOrigins?: readonly string[];
  readonly namespaces?: readonly string[];
  /** PEM; for all ports. */
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
  /** A second port for operators; what it does not say of secrets is as on the first. */
  readonly adminPort?: SecretFiles & {
    readonly port: number;
    /** Default: this machine only. */
    readonly host?: string;
    readonly namespaces?: readonly string[];
  };
  /** Path of a Unix domain socket; `true`: `praline.ipc` in the node's data folder. */
  readonly ipc?: true | string;
}

/** As the RPC thread needs it. */
export interface RpcAccess extends Omit<NetworkListenerOptions, 'host' | 'port'> {
  readonly adminPort?: NetworkListenerOptions & { readonly host: string; readonly port: number };
  readonly ipcPath?: string;
}

const IPC_NAME = 'praline.ipc';
const LOOPBACK = '127.0.0.1';
/** Bytes that no token, secret or certificate chain needs. */
const MAX_FILE_BYTES = 256 * 1024;
/** Short of that, a token can be guessed. */
const TOKEN_LENGTH_MIN = 16;

/** Throws `ConfigError`. */
export function readRpcAccess(configuration: RpcConfiguration, dataPath: string): RpcAccess {
  const { allowedHosts, allowedOrigins, namespaces, tls, adminPort, ipc } = configuration;
  const shared = {
    ...(allowedHosts === undefined ? {} : { allowedHosts }),
    ...(allowedOrigins === undefined ? {} : { allowedOrigins }),
    ...(tls === undefined ? {} : { tls: readTls(tls) }),
  };
  const authentication = readSecrets(configuration);
  return {
    ...shared,
    ...{ authentication, ...namespacesOf(namespaces) },
    ...(ipc === undefined ? {} : { ipcPath: ipc === true ? join(dataPath, IPC_NAME) : ipc }),
    ...(adminPort === undefined
      ? {}
      : {
          adminPort: {
            ...{ ...shared, host: adminPort.host ?? LOOPBACK, port: adminPort.port },
            // Whoever locks the first port does not mean to leave this one open.
            authentication: hasSecrets(adminPort) ? readSecrets(adminPort) : authentication,
            ...namespacesOf(adminPort.namespaces),
          },
        }),
  };
}

/** Gives the header `Authorization` for one request of a client that holds these, null where there is nothing to show. */
export type Authorization = () => string | null;

/** For a client of a node: reads the files once. Throws `ConfigError`. */
export function readAuthorization(files: SecretFiles): Authorization {
  const secrets = readSecrets(files);
  return () => authorizationOf(secrets);
}

function namespacesOf(names: readonly string[] | undefined): { namespaces?: readonly string[] } {
  if (names === undefined) {
    return {};
  }
  const unknown = names.find((name) => !RPC_NAMESPACES.includes(name));
  if (unknown !== undefined) {
    throw new ConfigError(
      'invalid',
      'namespaces',
      `There is no RPC namespace ${unknown}. Choose from ${RPC_NAMESPACES.join(', ')}.`,
    );
  }
  return { namespaces: names };
}

function hasSecrets({ tokenFile, jwtSecretFile }: SecretFiles): boolean {
  return tokenFile !== undefined || jwtSecretFile !== undefined;
}

function readSecrets({ tokenFile, jwtSecretFile }: SecretFiles): Authentication {
  return {
    ...(tokenFile === undefined ? {} : { bearerToken: readToken(tokenFile) }),
    ...(jwtSecretFile === undefined ? {} : { jwtSecret: readJwtSecret(jwtSecretFile) }),
  };
}

function readToken(path: string): string {
  const text = readOwnerOnlyFile(path, 'token file', MAX_FILE_BYTES).trim();
  if (!/^[\x21-\x7e]+$/.test(text) || text.length < TOKEN_LENGTH_MIN) {
    throw new ConfigError(
      'key-invalid',
      path,
      `The token file ${path} does not hold a token: one word of at least ${TOKEN_LENGTH_MIN} visible ASCII characters. Make one with: openssl rand -hex 32`,
    );
  }
  return text;
}

function readJwtSecret(path: string): Uint8Array {
  const text = readOwnerOnlyFile(path, 'JWT secret file', MAX_FILE_BYTES).trim();
  const [, digits] = /^(?:0x)?([0-9a-f]{64})$/i.exec(text) ?? [];
  if (digits === undefined) {
    throw new ConfigError(
      'key-invalid',
      path,
      `The JWT secret file ${path} does not hold a secret: 64 hexadecimal digits. Make one with: openssl rand -hex 32`,
    );
  }
  return Uint8Array.from(Buffer.from(digits, 'hex'));
}

function readTls(files: {
  readonly certificateFile: string;
  readonly keyFile: string;
}): TlsOptions {
  const { certificateFile, keyFile } = files;
  const certificate = readCertificate(certificateFile);
  const key = readOwnerOnlyFile(keyFile, 'TLS key file', MAX_FILE_BYTES);
  const tlsError = (path: string, message: string, cause?: unknown) =>
    new ConfigError('tls-invalid', path, message, { cause });
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(certificate);
  } catch (error) {
    throw tlsError(
      certificateFile,
      `The TLS certificate file ${certificateFile} does not begin with a certificate in PEM form (-----BEGIN CERTIFICATE-----).`,
      error,
    );
  }
  let belongs: boolean;
  try {
    belongs = parsed.checkPrivateKey(createPrivateKey(key));
  } catch (error) {
    const isEncrypted = /ENCRYPTED/.test(key);
    throw tlsError(
      keyFile,
      isEncrypted
        ? `The TLS key file ${keyFile} is encrypted. Decrypt it with: openssl pkey -in ${keyFile} -out <new file>`
        : `The TLS key file ${keyFile} does not hold a secret key in PEM form (-----BEGIN PRIVATE KEY-----).`,
      error,
    );
  }
  if (!belongs) {
    throw tlsError(
      keyFile,
      `The TLS key in ${keyFile} does not belong to the first certificate in ${certificateFile}.`,
    );
  }
  return { certificate, key };
}

function readCertificate(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(
      'file-missing',
      path,
      `Can not read the TLS certificate file ${path}: ${reasonOf(error)}.`,
      { cause: error },
    );
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
