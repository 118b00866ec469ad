/**
 * What the rules of the chain are now and which change is scheduled, as EIP-7910 tells it to operators who compare nodes.
 * Only changes at a time are told; those at a block number are long past wherever this matters.
 */
import { Hardfork } from '@ethereumjs/common';
import { GAS_PER_BLOB } from '../execution/fee-rules.ts';
import type { Genesis } from '../genesis/genesis.ts';
import {
  BEACON_ROOTS,
  BLOCK_HASH_HISTORY,
  CONSOLIDATION_REQUESTS,
  WITHDRAWAL_REQUESTS,
} from '../genesis/system-contracts.ts';
import { type Address, addressOf } from '../primitives.ts';
import { ForkRules } from './fork-rules.ts';

export interface ForkConfiguration {
  /** As the EVM library calls it, such as `prague`. */
  readonly hardfork: string;
  /** Unix time in seconds; zero for rules the chain began with. */
  readonly activationTime: number;
  /** Null before Cancun. */
  readonly blobSchedule: {
    /** Blobs. */
    readonly target: number;
    readonly max: number;
    readonly baseFeeUpdateFraction: number;
  } | null;
  readonly chainId: bigint;
  /** EIP-2124, 4 bytes. */
  readonly forkId: string;
  /** By EIP-7910's names. */
  readonly precompiles: ReadonlyMap<string, Address>;
  readonly systemContracts: ReadonlyMap<string, Address>;
}

export interface ForkSchedule {
  readonly current: ForkConfiguration;
  /** The next change, and the last one known; null when none is scheduled. */
  readonly next: ForkConfiguration | null;
  readonly last: ForkConfiguration | null;
}

/** Name, address, and the fork or EIP that brings it. */
const PRECOMPILES: readonly (readonly [string, number, Hardfork | number])[] = [
  ['BLAKE2F', 0x09, Hardfork.Istanbul],
  ['BLS12_G1ADD', 0x0b, 2537],
  ['BLS12_G1MSM', 0x0c, 2537],
  ['BLS12_G2ADD', 0x0d, 2537],
  ['BLS12_G2MSM', 0x0e, 2537],
  ['BLS12_MAP_FP2_TO_G2', 0x11, 2537],
  ['BLS12_MAP_FP_TO_G1', 0x10, 2537],
  ['BLS12_PAIRING_CHECK', 0x0f, 2537],
  ['BN254_ADD', 0x06, Hardfork.Byzantium],
  ['BN254_MUL', 0x07, Hardfork.Byzantium],
  ['BN254_PAIRING', 0x08, Hardfork.Byzantium],
  ['ECREC', 0x01, Hardfork.Chainstart],
  ['ID', 0x04, Hardfork.Chainstart],
  ['KZG_POINT_EVALUATION', 0x0a, 4844],
  ['MODEXP', 0x05, Hardfork.Byzantium],
  ['P256VERIFY', 0x100, 7951],
  ['RIPEMD160', 0x03, Hardfork.Chainstart],
  ['SHA256', 0x02, Hardfork.Chainstart],
];

/** At a time in seconds, which is at or after the head's; `head` is the head's number. */
export function forkSchedule(genesis: Genesis, head: number, unixSeconds: number): ForkSchedule {
  const rules = new ForkRules(genesis.common);
  const { timestamp: begin } = genesis.header;
  const times = new Set(genesis.common.hardforks().flatMap(({ timestamp }) => timestamp ?? []));
  const changes = [...times].map(Number).filter((time) => time > begin);
  changes.sort((a, b) => a - b);
  const at = (time: number) =>
    configurationAt(genesis, rules.at(head, Math.max(time, begin)), time);
  const coming = changes.filter((time) => time > unixSeconds);
  const [next] = coming;
  const last = coming.at(-1);
  return {
    current: at(changes.findLast((time) => time <= unixSeconds) ?? 0),
    next: next === undefined ? null : at(next),
    last: last === undefined ? null : at(last),
  };
}

function configurationAt(
  genesis: Genesis,
  rules: ReturnType<ForkRules['at']>,
  activationTime: number,
): ForkConfiguration {
  const active = (by: Hardfork | number) =>
    typeof by === 'number' ? rules.isActivatedEIP(by) : rules.gteHardfork(by);
  const { targetBlobGasPerBlock, maxBlobGasPerBlock, blobGasPriceUpdateFraction } = active(4844)
    ? rules.getBlobGasSchedule()
    : { targetBlobGasPerBlock: 0n, maxBlobGasPerBlock: 0n, blobGasPriceUpdateFraction: 0n };
  return {
    activationTime,
    blobSchedule: active(4844)
      ? {
          target: Number(targetBlobGasPerBlock / GAS_PER_BLOB),
          max: Number(maxBlobGasPerBlock / GAS_PER_BLOB),
          baseFeeUpdateFraction: Number(blobGasPriceUpdateFraction),
        }
      : null,
    chainId: genesis.chainId,
    hardfork: rules.hardfork(),
    forkId: rules.forkHash(rules.hardfork(), Buffer.from(genesis.header.hash.slice(2), 'hex')),
    precompiles: new Map(
      PRECOMPILES.filter(([, , by]) => active(by)).map(([name, address]) => [
        name,
        addressOf(Buffer.from(address.toString(16).padStart(40, '0'), 'hex')),
      ]),
    ),
    systemContracts: new Map<string, Address>([
      ...(active(4788) ? [['BEACON_ROOTS_ADDRESS', BEACON_ROOTS.address] as const] : []),
      ...(active(7251)
        ? [['CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS', CONSOLIDATION_REQUESTS.address] as const]
        : []),
      ...(active(6110) ? [['DEPOSIT_CONTRACT_ADDRESS', genesis.depositContract] as const] : []),
      ...(active(2935) ? [['HISTORY_STORAGE_ADDRESS', BLOCK_HASH_HISTORY.address] as const] : []),
      ...(active(7002)
        ? [['WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS', WITHDRAWAL_REQUESTS.address] as const]
        : []),
    ]),
  };
}
