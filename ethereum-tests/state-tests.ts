/** GeneralStateTests: one transaction on a state; the root of the state and the hash of the logs after it. */
import { RLP } from '@ethereumjs/rlp';
import { z } from 'zod';
import { logItems } from '../packages/chain/src/block/receipt-codec.ts';
import { keccak256 } from '../packages/chain/src/crypto/keccak.ts';
import { UNUSED } from '../packages/chain/src/development/development-state.ts';
import { ChainError } from '../packages/chain/src/errors.ts';
import { BlockRun } from '../packages/chain/src/execution/block-run.ts';
import { type ForkEvm, ForkEvms } from '../packages/chain/src/execution/fork-evm.ts';
import { nextHeader } from '../packages/chain/src/execution/header-rules.ts';
import { createGenesis } from '../packages/chain/src/genesis/genesis.ts';
import {
  type BlockNumber,
  blockNumberOf,
  bytesOf,
  type Hash,
  type Hex,
  hashOf,
  hexOf,
  parseAddress,
  parseHash,
  weiOf,
} from '../packages/chain/src/primitives.ts';
import { LayeredState, type State } from '../packages/chain/src/state/layered-state.ts';
import { EMPTY_STATE } from '../packages/chain/src/state/state-view.ts';
import { decodeTransaction } from '../packages/chain/src/transaction/decode.ts';
import { NodeReader } from '../packages/chain/src/trie/node-source.ts';
import { isPostMerge } from './networks.ts';
import { genesisOfRules } from './rules.ts';
import type { TestCase } from './test-case.ts';

const hex = z.string();

const environment = z.object({
  currentBaseFee: hex.optional(),
  currentCoinbase: hex,
  currentDifficulty: hex.optional(),
  currentExcessBlobGas: hex.optional(),
  currentGasLimit: hex,
  currentNumber: hex,
  currentRandom: hex.optional(),
  currentTimestamp: hex,
});

const expected = z.object({
  hash: hex,
  logs: hex,
  txbytes: hex,
  expectException: z.string().optional(),
});

export const stateTest = z.object({
  env: environment,
  /** Accounts as in a genesis file. */
  pre: z.record(hex, z.unknown()),
  /** By rules; the same transaction with other data, gas or value each. */
  post: z.record(z.string(), z.array(expected)),
});

type Environment = z.output<typeof environment>;

const NOTHING: State = { ...EMPTY_STATE, getNode: () => undefined };
const ZERO_HASH = parseHash(`0x${'00'.repeat(32)}`);

export function stateCases(
  name: string,
  { env, pre, post }: z.output<typeof stateTest>,
): TestCase[] {
  return Object.entries(post).flatMap(([network, outcomes]) =>
    outcomes.map((outcome, place) => ({
      name: `${name} ${network} ${place}`,
      run: () => differenceOf(network, env, pre, outcome),
    })),
  );
}

async function differenceOf(
  network: string,
  env: Environment,
  pre: Readonly<Record<string, unknown>>,
  { hash, logs, txbytes, expectException }: z.output<typeof expected>,
): Promise<string | undefined> {
  const outcome = await outcomeOf(network, env, pre, txbytes as Hex);
  if (outcome.refusal === undefined && expectException !== undefined) {
    return `executed, expected ${expectException}`;
  }
  if (outcome.refusal !== undefined && expectException === undefined) {
    return `refused: ${outcome.refusal}`;
  }
  if (outcome.root !== hash) return `state root ${outcome.root}, expected ${hash}`;
  return outcome.logs === logs ? undefined : `logs hash ${outcome.logs}, expected ${logs}`;
}

/** Root and logs after the transaction, or why it is refused and the root of the state as it was. */
async function outcomeOf(
  network: string,
  env: Environment,
  pre: Readonly<Record<string, unknown>>,
  raw: Hex,
) {
  const evm = await evmOf(network, env);
  // The accounts alone: which rules a genesis block needs them for does not matter here.
  const genesis = createGenesis({ config: { chainId: 1 }, gasLimit: '0x1000000', alloc: pre });
  const state = new LayeredState(genesis.state, NOTHING);
  const parent = { ...genesisOfRules(network).header, stateRoot: genesis.state.root };
  const run = new BlockRun(evm, headerOf(network, env, evm, parent), {
    header: parent,
    state,
    stateRoot: parent.stateRoot,
    development: UNUSED,
    overrides: {},
    nodes: new NodeReader(state),
    ancestorHash,
  });
  let refusal: string | undefined;
  try {
    await run.apply(decodeTransaction(bytesOf(raw)));
  } catch (error) {
    if (!(error instanceof ChainError) || error.code === 'corrupt-store') throw error;
    refusal = error.message;
  }
  // Without withdrawals and requests: only a reward, here of nothing, would come after the transactions.
  const { root } = isPostMerge(network) ? run.stateSoFar() : (await run.finish([], [])).state;
  const logs = run.executed.flatMap(({ receipt }) => receipt.logs.map(logItems));
  return { refusal, root, logs: hexOf(keccak256(RLP.encode(logs))) };
}

const evms = new Map<string, Promise<ForkEvm>>();

/** One for all tests under the same rules: nothing of a test stays in it. */
function evmOf(network: string, env: Environment): Promise<ForkEvm> {
  const known = evms.get(network);
  if (known !== undefined) return known;
  const { common, depositContract } = genesisOfRules(network);
  const made = new ForkEvms(common, depositContract)
    .at(blockNumberOf(BigInt(env.currentNumber)), secondsOf(env))
    .then((evm) => {
      // The suite pays none; the library has the amounts under the rules that set them.
      for (const eip of [1, 609, 1013]) evm.rules.updateParams({ [eip]: { minerReward: '0' } });
      return evm;
    });
  evms.set(network, made);
  return made;
}

function headerOf(
  network: string,
  env: Environment,
  { rules }: ForkEvm,
  parent: Parameters<typeof nextHeader>[0],
) {
  const { currentBaseFee, currentExcessBlobGas } = env;
  const next = nextHeader(parent, rules, {
    timestamp: secondsOf(env),
    coinbase: parseAddress(env.currentCoinbase),
    extraData: '0x',
  });
  return {
    ...next,
    number: blockNumberOf(BigInt(env.currentNumber)),
    gasLimit: BigInt(env.currentGasLimit),
    difficulty: isPostMerge(network) ? 0n : BigInt(env.currentDifficulty ?? 0),
    mixHash: env.currentRandom === undefined ? ZERO_HASH : hashOf(word(env.currentRandom)),
    ...(next.baseFeePerGas !== undefined &&
      currentBaseFee !== undefined && { baseFeePerGas: weiOf(BigInt(currentBaseFee)) }),
    ...(next.excessBlobGas !== undefined &&
      currentExcessBlobGas !== undefined && { excessBlobGas: BigInt(currentExcessBlobGas) }),
  };
}

function word(value: string): Uint8Array {
  return Buffer.from(BigInt(value).toString(16).padStart(64, '0'), 'hex');
}

/** Throws `RangeError` beyond 2^53. */
function secondsOf(env: Environment): number {
  const seconds = Number(env.currentTimestamp);
  if (Number.isSafeInteger(seconds)) return seconds;
  throw new RangeError('number beyond 2^53');
}

/** The suite's own: the hash of the number in decimal. */
function ancestorHash(number: BlockNumber): Hash {
  return hashOf(keccak256(Buffer.from(String(number))));
}
