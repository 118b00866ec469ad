import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { DevelopmentOperation } from '../../development/operation.ts';
import { blockNumberOf, type Hash, type Hex, parseHash, weiOf } from '../../primitives.ts';
import { assemble } from '../../testing/assemble.ts';
import { contractAddress, QueryChain, word } from '../../testing/query-chain.ts';
import { stateSender } from '../../transaction/sign.ts';
import { decodeWhere } from '../../transaction/stated-sender.ts';
import type { TraceOptions } from './trace-request.ts';

const LATEST = { tag: 'latest' } as const;
const CALLS: TraceOptions = { tracer: 'callTracer', withLog: true, onlyTopCall: false };
const PRESTATE: TraceOptions = {
  tracer: 'prestateTracer',
  diffMode: false,
  disableCode: false,
  disableStorage: false,
};
const DIFFERENCE: TraceOptions = { ...PRESTATE, diffMode: true };
const STEPS: TraceOptions = {
  tracer: 'structLogger',
  disableStack: false,
  disableStorage: false,
  enableMemory: true,
  enableReturnData: true,
  limit: 0,
};

const STORE = contractAddress(0xa0);
const OUTER = contractAddress(0xa1);
const REVERT = contractAddress(0xa2);
const LOOP = contractAddress(0xa3);
const GIVER = contractAddress(0xa4);
/** ABI encoding of `Error("no")`. */
const NO: Hex = `0x08c379a0${word(32n).slice(2)}${word(2n).slice(2)}${'6e6f'.padEnd(64, '0')}`;

const CONTRACTS = {
  // Stores the first word of its input in slot 1 and logs it.
  [STORE]: assemble(`
    PUSH0 CALLDATALOAD DUP1 PUSH0 MSTORE 0x01 SSTORE 0x07 0x20 PUSH0 LOG1 STOP`),
  // Calls STORE with a word, logs nothing, and then REVERT, whose failure it ignores.
  [OUTER]: assemble(`
    0x2a PUSH0 MSTORE PUSH0 PUSH0 0x20 PUSH0 PUSH0 ${STORE} GAS CALL POP
    PUSH0 PUSH0 PUSH0 PUSH0 PUSH0 ${REVERT} GAS CALL POP STOP`),
  [REVERT]: assemble(`PUSH0 PUSH0 LOG0 0x64 0x0e PUSH0 CODECOPY 0x64 PUSH0 REVERT STOP #${NO}`),
  [LOOP]: assemble(':again @again JUMP'),
  // Gives what it is sent to account 0xbb.
  [GIVER]: assemble(`PUSH0 PUSH0 PUSH0 PUSH0 CALLVALUE ${contractAddress(0xbb)} GAS CALL STOP`),
};

describe('traces', () => {
  let chain: QueryChain;

  beforeAll(async () => {
    chain = await QueryChain.create({
      contracts: CONTRACTS,
      limits: { gasCap: 50_000_000n, timeoutMs: 2_000, traceBytesMax: 50_000 },
    });
  });
  afterAll(() => chain.close());

  async function traced(send: Parameters<QueryChain['mine']>[0], trace: TraceOptions) {
    const { block, receipts } = await chain.mine(send);
    const [transaction] = block.transactions;
    const [receipt] = receipts;
    if (transaction === undefined || receipt === undefined) throw new Error('nothing was mined');
    const result = await chain.executor.traceTransaction(transaction.hash, trace);
    return { transaction, receipt, block, result };
  }

  it('show the tree of calls in the shape of geth', async () => {
    const { transaction, receipt, result } = await traced({ to: OUTER, gasLimit: 300_000n }, CALLS);
    expect(JSON.parse(JSON.stringify(result))).toEqual({
      from: transaction.from,
      gas: '0x493e0',
      gasUsed: `0x${receipt.gasUsed.toString(16)}`,
      to: OUTER,
      input: '0x',
      calls: [
        {
          from: OUTER,
          gas: expect.stringMatching(/^0x/),
          gasUsed: expect.stringMatching(/^0x/),
          to: STORE,
          input: word(42n),
          logs: [{ address: STORE, topics: [word(7n)], data: word(42n), position: '0x0' }],
          value: '0x0',
          type: 'CALL',
        },
        {
          from: OUTER,
          gas: expect.stringMatching(/^0x/),
          gasUsed: expect.stringMatching(/^0x/),
          to: REVERT,
          input: '0x',
          output: NO,
          error: 'execution reverted',
          revertReason: 'no',
          value: '0x0',
          type: 'CALL',
        },
      ],
      value: '0x0',
      type: 'CALL',
    });
    expect(Object.keys(result as object)).toEqual([
      ...['from', 'gas', 'gasUsed', 'to', 'input', 'calls', 'value', 'type'],
    ]);
  });

  it('leave calls out where only the outermost is asked for', async () => {
    const { result } = await traced({ to: OUTER }, { ...CALLS, onlyTopCall: true });
    expect(result).not.toHaveProperty('calls');
    expect(result).toMatchObject({ to: OUTER });
  });

  it('see earlier transactions of the block', async () => {
    const { block } = await chain.mine(
      { to: STORE, input: word(5n) },
      { to: STORE, input: word(6n) },
    );
    const traces = await chain.executor.traceBlock({ hash: block.header.hash }, DIFFERENCE);
    expect(traces.map(({ txHash }) => txHash)).toEqual(block.transactions.map(({ hash }) => hash));
    expect(traces[1]?.result).toMatchObject({
      pre: { [STORE]: { storage: { [word(1n)]: word(5n) } } },
      post: { [STORE]: { storage: { [word(1n)]: word(6n) } } },
    });
    const [, second] = block.transactions;
    if (second === undefined) throw new Error('a transaction is missing');
    expect(await chain.executor.traceTransaction(second.hash, DIFFERENCE)).toEqual(
      traces[1]?.result,
    );
  });

  it('tell the state before a transaction, new accounts included', async () => {
    const { transaction, block, result } = await traced({ to: GIVER, value: 9n }, PRESTATE);
    const before = { number: blockNumberOf(block.header.number - 1) };
    const sender = chain.reader.account(transaction.from, before);
    expect(result).toMatchObject({
      [transaction.from]: {
        balance: `0x${sender.balance.toString(16)}`,
        nonce: Number(sender.nonce),
      },
      [contractAddress(0xbb)]: { balance: '0x0' },
      [GIVER]: { balance: '0x0', code: chain.reader.code(GIVER, before), nonce: 1 },
    });
    const difference = await chain.executor.traceTransaction(transaction.hash, DIFFERENCE);
    expect(difference).toMatchObject({ post: { [contractAddress(0xbb)]: { balance: '0x9' } } });
    expect(difference).not.toHaveProperty(['post', GIVER]);
  });

  it('give a created contract in what is after a transaction alone', async () => {
    const { receipt, result } = await traced(
      { input: assemble('0x01 0x01 SSTORE STOP') },
      DIFFERENCE,
    );
    const { contractAddress: created } = receipt;
    if (created === null) throw new Error('no contract was made');
    expect(result).toMatchObject({
      post: { [created]: { nonce: 1, storage: { [word(1n)]: word(1n) } } },
    });
    expect(result).not.toHaveProperty(['pre', created]);
  });

  it('count called functions by their selectors', async () => {
    const input: Hex = `0x12345678${word(1n).slice(2)}`;
    const { result } = await traced({ to: GIVER, input }, { tracer: '4byteTracer' });
    expect(result).toEqual({ '0x12345678-32': 1 });
  });

  it('show every step with stack, memory, storage and the gas that a call passes on', async () => {
    const { receipt, result } = await traced({ to: STORE, input: word(3n) }, STEPS);
    const { structLogs, ...rest } = result as unknown as { structLogs: Record<string, unknown>[] };
    expect(rest).toEqual({ gas: Number(receipt.gasUsed), failed: false, returnValue: '0x' });
    expect(structLogs.map(({ op }) => op)).toEqual([
      ...['PUSH0', 'CALLDATALOAD', 'DUP1', 'PUSH0', 'MSTORE', 'PUSH1', 'SSTORE'],
      ...['PUSH1', 'PUSH1', 'PUSH0', 'LOG1', 'STOP'],
    ]);
    expect(structLogs[6]).toMatchObject({
      depth: 1,
      stack: ['0x3', '0x1'],
      memory: [word(3n)],
      storage: { [word(1n)]: word(3n) },
    });
    for (const [index, { gas, gasCost }] of structLogs.entries()) {
      const next = structLogs[index + 1];
      if (next !== undefined) expect(next['gas']).toBe(Number(gas) - Number(gasCost));
    }
    const limited = await chain.executor.traceCall({ to: STORE }, LATEST, { ...STEPS, limit: 2 });
    expect(limited).toHaveProperty('structLogs.length', 2);
  });

  it('of a call see overrides and change nothing', async () => {
    const block = contractAddress(0xc0);
    const trace = await chain.executor.traceCall({ to: block }, LATEST, DIFFERENCE, {
      stateOverrides: new Map([[block, { code: assemble('NUMBER PUSH0 SSTORE') }]]),
      blockOverrides: { number: 0x99n },
    });
    expect(trace).toMatchObject({ post: { [block]: { storage: { [word(0n)]: word(0x99n) } } } });
    expect(chain.reader.storage(block, 0n, LATEST)).toBe(word(0n));
  });

  it('are refused for what is unknown, the genesis block, and pending', async () => {
    const unknown = chain.reader.genesis.hash;
    await expect(chain.executor.traceTransaction(unknown, CALLS)).rejects.toMatchObject({
      code: 'unknown-transaction',
      message: 'transaction not found',
    });
    const genesis = { number: blockNumberOf(0) };
    await expect(chain.executor.traceBlock(genesis, CALLS)).rejects.toThrow(
      'genesis is not traceable',
    );
    await expect(chain.executor.traceBlock({ tag: 'pending' }, CALLS)).rejects.toMatchObject({
      code: 'execution-failed',
    });
  });

  it('end at their time and size, and the next is not disturbed', async () => {
    await expect(chain.executor.traceCall({ to: LOOP }, LATEST, STEPS)).rejects.toMatchObject({
      code: 'trace-too-large',
    });
    await expect(
      chain.executor.traceCall({ to: LOOP }, LATEST, { tracer: '4byteTracer' }),
    ).rejects.toMatchObject({ code: 'execution-timeout' });
    const { result } = await traced({ to: STORE, input: word(8n) }, CALLS);
    expect(result).toMatchObject({ to: STORE });
    const { block } = await chain.mine({ to: STORE, input: word(9n) });
    await expect(
      chain.executor.traceBlock({ hash: block.header.hash }, { ...STEPS, limit: 0 }),
    ).resolves.toHaveLength(1);
  });
});

it('says which states are here when the one before a block was removed', async () => {
  const chain = await QueryChain.create({
    contracts: CONTRACTS,
    stateHistory: { blocks: 2, blocksBetweenPasses: 1 },
  });
  onTestFinished(() => chain.close());
  const hashes: Hash[] = [];
  for (let value = 1n; value <= 6n; value += 1n) {
    const { block } = await chain.mine({ to: STORE, input: word(value) });
    hashes.push(...block.transactions.map(({ hash }) => hash));
    await chain.chain.statesRemoved();
  }
  const [first] = hashes;
  const last = hashes.at(-1);
  if (first === undefined || last === undefined) throw new Error('nothing was mined');
  await expect(chain.executor.traceTransaction(first, CALLS)).rejects.toMatchObject({
    code: 'state-pruned',
    message: expect.stringContaining('this node keeps states from block'),
  });
  expect(await chain.executor.traceTransaction(last, CALLS)).toMatchObject({ to: STORE });
  const { states, blocks } = chain.reader.available();
  expect(blocks).toBe(0);
  expect(states).toBeGreaterThan(0);
  expect(chain.reader.account(STORE, { number: states }).nonce).toBe(1n);
  const below = { number: blockNumberOf(states - 1) };
  expect(() => chain.reader.account(STORE, below)).toThrow('missing trie node');
});

it('begin with a state that a development operation has edited, and take impersonated senders', async () => {
  const chain = await QueryChain.create({ contracts: CONTRACTS });
  onTestFinished(() => chain.close());
  const from = contractAddress(0x77);
  const operate = async (id: number, operation: DevelopmentOperation) => {
    const request = { id: new Uint8Array(16).fill(id), operation };
    const { chain: writer } = chain;
    const { position } = await writer.applyOperation(request, writer.position.id, 1_700_000_000);
    await writer.commit([{ hash: position.id }], new Uint8Array(0));
  };
  const slots = [{ slot: parseHash(word(1n)), value: parseHash(word(77n)) }];
  const edit = { balance: null, addedBalance: 0n, nonce: null, code: null };
  await operate(1, {
    kind: 'edit',
    accounts: [
      { ...edit, address: STORE, slots },
      { ...edit, address: from, balance: 10n ** 18n, slots: [] },
    ],
  });
  await operate(2, { kind: 'impersonate', address: from });
  const { position } = chain.chain;
  const raw = stateSender(
    {
      type: 2,
      chainId: chain.reader.chainId,
      nonce: 0n,
      maxFeePerGas: weiOf(100_000_000_000n),
      maxPriorityFeePerGas: weiOf(1n),
      gasLimit: 100_000n,
      to: STORE,
      value: weiOf(0n),
      input: word(78n),
      accessList: [],
    },
    from,
  );
  const built = await chain.chain.buildBlock(position.id, {
    timestamp: position.head.timestamp + 1,
    coinbase: contractAddress(0xcb),
    extraData: '0x',
    candidates: [decodeWhere(position.development, raw)],
    maxBytes: 1_000_000,
    allowEmpty: false,
  });
  if (built.block === null) throw new Error('no block was built');
  await chain.chain.commit([{ hash: built.position.id }], new Uint8Array(0));
  await operate(3, { kind: 'stop-impersonating', address: from });
  const [trace] = await chain.executor.traceBlock({ tag: 'latest' }, DIFFERENCE);
  expect(trace?.result).toMatchObject({
    pre: { [STORE]: { storage: { [word(1n)]: word(77n) } } },
    post: { [STORE]: { storage: { [word(1n)]: word(78n) } }, [from]: { nonce: 1 } },
  });
});
