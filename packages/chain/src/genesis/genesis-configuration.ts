/**
 * What a genesis file says about the network, without the block and the state that follow from it: all that a thread
 * needs which executes nothing.
 */
import { createHash } from 'node:crypto';
import { type Hash, hashOf } from '../primitives.ts';
import { type GenesisFile, type PralineConfig, parseGenesisFile } from './genesis-file.ts';

export interface GenesisConfiguration {
  readonly chainId: bigint;
  readonly praline: PralineConfig;
  /** SHA-256 over everything that all nodes must agree on: what the file says, in a canonical form. */
  readonly configurationHash: Hash;
}

/**
 * Throws `ChainError` `invalid-genesis` where the file's form is wrong. What contradicts the rules of its forks is
 * found by `createGenesis`.
 */
export function readGenesisConfiguration(json: unknown): GenesisConfiguration {
  return configurationOf(parseGenesisFile(json));
}

export function configurationOf(file: GenesisFile): GenesisConfiguration {
  return {
    chainId: file.config.chainId,
    praline: file.praline,
    configurationHash: configurationHash(file),
  };
}

/** Keys sorted, integers as text: equal files in other notations hash equal. The mnemonic is not consensus. */
function configurationHash(file: GenesisFile): Hash {
  const { accounts: _accounts, ...praline } = file.praline;
  const text = canonicalText({ ...file, praline });
  return hashOf(createHash('sha256').update(text).digest());
}

function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (typeof value === 'bigint') return `"${value}"`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const entries = Object.entries(value).filter(
    ([, entry]) => entry !== undefined && entry !== null,
  );
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonicalText(entry)}`).join(',')}}`;
}
