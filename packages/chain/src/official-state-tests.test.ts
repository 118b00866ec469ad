/** One transaction on a state each: the widest check of execution, state and root together. */
import { RLP } from '@ethereumjs/rlp';
import { describe, expect, it } from 'vitest';
import { logItems } from './block/receipt-codec.ts';
import { keccak256 } from './crypto/keccak.ts';
import { UNUSED } from './development/development-state.ts';
import { ChainError } from './errors.ts';
import { BlockRun } from './execution/block-run.ts';
import { ForkEvms } from './execution/fork-evm.ts';
import { nextHeader } from './execution/header-rules.ts';
import { createGenesis, type Genesis } from './genesis/genesis.ts';
import { blockNumberOf, bytesOf, type Hex, hexOf, parseAddress, parseHash } from './primitives.ts';
import { LayeredState, type State } from './state/layered-state.ts';
import { EMPTY_STATE } from './state/state-view.ts';
import {
  configOf,
  officialStateTests,
  STATE_TESTS_MISSING,
  type StateTest,
} from './testing/ethereum-tests.ts';
import { decodeTransaction } from './transaction/decode.ts';
import { NodeReader } from './trie/node-source.ts';

const reason = STATE_TESTS_MISSING === undefined ? '' : ` (skipped: ${STATE_TESTS_MISSING})`;
const { PRALINE_ETHEREUM_TESTS } = process.env;
/** One file in so many is run, unless $PRALINE_ETHEREUM_TESTS is `all`. */
const FILE_STRIDE = PRALINE_ETHEREUM_TESTS === 'all' ? 1 : 120;
/** Before the merge a block has a reward, which these tests leave out. */
const POST_MERGE: ReadonlySet<string> = new Set(['Paris', 'Shanghai', 'Cancun']);

const NOTHING: State = { ...EMPTY_STATE, getNode: () => undefined };
const evms = new Map<string, ForkEvms>();

function evmsOf(network: string, genesis: Genesis): ForkEvms {
  const known = evms.get(network) ?? new ForkEvms(genesis.common, genesis.depositContract);
  evms.set(network, known);
  return known;
}

/** Root and logs after the transaction, or that it is refused and nothing changed. */
async function outcomeOf({ env, network, post, pre }: StateTest) {
  const time = Number(env.currentTimestamp);
  const genesis = createGenesis({
    config: { chainId: 1, ...configOf(network) },
    gasLimit: env.currentGasLimit,
    difficulty: '0x0',
    baseFeePerGas: env.currentBaseFee,
    excessBlobGas: network === 'Cancun' ? env.currentExcessBlobGas : undefined,
    alloc: pre,
  });
  const evm = await evmsOf(network, genesis).at(blockNumberOf(1), time);
  const state = new LayeredState(genesis.state, NOTHING);
  const { baseFeePerGas, excessBlobGas, gasLimit } = genesis.header;
  const header = {
    ...nextHeader(genesis.header, evm.rules, {
      timestamp: time,
      coinbase: parseAddress(env.currentCoinbase),
      extraData: '0x',
    }),
    gasLimit,
    mixHash: parseHash(env.currentRandom ?? `0x${'00'.repeat(32)}`),
    ...(baseFeePerGas !== undefined && { baseFeePerGas }),
    ...(excessBlobGas !== undefined && { excessBlobGas }),
  };
  const run = new BlockRun(evm, header, {
    header: genesis.header,
    state,
    stateRoot: genesis.header.stateRoot,
    development: UNUSED,
    overrides: {},
    nodes: new NodeReader(state),
    ancestorHash: () => undefined,
  });
  let isRefused = false;
  try {
    await run.apply(decodeTransaction(bytesOf(post.txbytes as Hex)));
  } catch (error) {
    if (!(error instanceof ChainError) || error.code === 'corrupt-store') throw error;
    isRefused = true;
  }
  const outcome = await run.finish([], []);
  const logs = run.executed.flatMap(({ receipt }) => receipt.logs.map(logItems));
  return { isRefused, hash: outcome.state.root, logs: hexOf(keccak256(RLP.encode(logs))) };
}

describe.skipIf(STATE_TESTS_MISSING !== undefined)(`the official state tests${reason}`, () => {
  it('pass', async () => {
    const failures: string[] = [];
    let ran = 0;
    for (const test of officialStateTests(FILE_STRIDE)) {
      if (!POST_MERGE.has(test.network)) continue;
      ran += 1;
      const { hash, logs, expectException } = test.post;
      const expected = { isRefused: expectException !== undefined, hash, logs };
      const outcome = await outcomeOf(test);
      if (JSON.stringify(outcome) === JSON.stringify(expected)) continue;
      failures.push(`${test.name}: ${JSON.stringify({ outcome, expected: test.post })}`);
    }
    expect(failures).toEqual([]);
    expect(ran).toBeGreaterThan(100);
  }, 3_600_000);
});
