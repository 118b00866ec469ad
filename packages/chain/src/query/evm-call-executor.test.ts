import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChainError } from '../errors.ts';
import { type Address, blockNumberOf, bytesOf, type Hex, hashOf, weiOf } from '../primitives.ts';
import { assemble } from '../testing/assemble.ts';
import { contractAddress, QueryChain, word } from '../testing/query-chain.ts';
import type { CallRequest } from './call-executor.ts';
import { EvmCallExecutor } from './evm-call-executor.ts';
import { ExecutionRevertedError } from './revert-reason.ts';

const LATEST = { tag: 'latest' } as const;
const PENDING = { tag: 'pending' } as const;
const at = (number: number) => ({ number: blockNumberOf(number) });
const hash = (value: bigint) => hashOf(bytesOf(word(value)));

const RETURN_TOP = 'PUSH0 MSTORE 0x20 PUSH0 RETURN';
const STORE = contractAddress(0xa0);
const ECHO = contractAddress(0xa1);
const REVERT = contractAddress(0xa2);
const LOOP = contractAddress(0xa3);
const HUNGRY = contractAddress(0xa4);
const PROXY = contractAddress(0xa5);
const RECURSE = contractAddress(0xa6);
const CLEAR = contractAddress(0xa7);
/** ABI encoding of `Error("no")`. */
const NO: Hex = `0x08c379a0${word(32n).slice(2)}${word(2n).slice(2)}${'6e6f'.padEnd(64, '0')}`;

const CONTRACTS = {
  // Returns slot 0, or stores the first word of its input in it.
  [STORE]: assemble(`
    CALLDATASIZE @write JUMPI PUSH0 SLOAD ${RETURN_TOP}
    :write PUSH0 CALLDATALOAD PUSH0 SSTORE STOP`),
  [ECHO]: assemble('CALLDATASIZE PUSH0 PUSH0 CALLDATACOPY CALLDATASIZE PUSH0 RETURN'),
  // `CODECOPY` of what follows the code, which is 10 bytes long.
  [REVERT]: assemble(`0x64 0x0b PUSH0 CODECOPY 0x64 PUSH0 REVERT STOP #${NO}`),
  [LOOP]: assemble(':again @again JUMP'),
  // Succeeds only when it is given 100,000 gas more than it uses.
  [HUNGRY]: assemble('0x0186a0 GAS LT @fail JUMPI STOP :fail PUSH0 PUSH0 REVERT'),
  // Calls HUNGRY with all gas, and reverts when that fails: the 63/64 rule makes it need more than it uses.
  [PROXY]: assemble(`
    PUSH0 PUSH0 PUSH0 PUSH0 PUSH0 ${HUNGRY} GAS CALL
    @good JUMPI PUSH0 PUSH0 REVERT :good STOP`),
  // Calls itself twice at every depth.
  [RECURSE]: assemble(`
    PUSH0 PUSH0 PUSH0 PUSH0 PUSH0 ADDRESS GAS CALL POP
    PUSH0 PUSH0 PUSH0 PUSH0 PUSH0 ADDRESS GAS CALL POP STOP`),
  // Sets slot 0, which block 1 has set, to zero: its refund comes after what it needs.
  [CLEAR]: assemble('PUSH0 PUSH0 SSTORE CALLDATASIZE PUSH0 SSTORE STOP'),
};

describe('EvmCallExecutor', () => {
  let chain: QueryChain;
  let from: Address;

  beforeAll(async () => {
    chain = await QueryChain.create({
      contracts: CONTRACTS,
      limits: { gasCap: 50_000_000n, timeoutMs: 400, traceBytesMax: 100_000 },
    });
    from = chain.account();
    await chain.mine({ to: STORE, input: word(5n) }, { to: CLEAR, input: word(1n) });
    await chain.mine({ to: STORE, input: word(6n) });
  });

  afterAll(() => chain.close());

  /** Code that runs in place of a contract's. */
  const callCode = (code: string, request: CallRequest = {}) =>
    chain.executor.call({ to: contractAddress(0xc0), ...request }, LATEST, {
      stateOverrides: new Map([[contractAddress(0xc0), { code: assemble(code) }]]),
    });

  describe('call', () => {
    it('answers from the state after the block that is named', async () => {
      const values = [];
      for (const block of [at(0), at(1), at(2), LATEST]) {
        const result = await chain.executor.call({ to: STORE }, block);
        values.push(result.status === 'success' ? BigInt(result.output) : result);
      }
      expect(values).toEqual([0n, 5n, 6n, 6n]);
    });

    it('changes nothing', async () => {
      await chain.executor.call({ to: STORE, input: word(77n) }, LATEST);
      const result = await chain.executor.call({ to: STORE }, LATEST);
      expect(result).toMatchObject({ status: 'success', output: word(6n) });
    });

    it('uses the gas that the transaction used', async () => {
      const { receipts } = await chain.mine({ to: STORE, input: word(6n) });
      const { head } = chain.chain;
      const result = await chain.executor.call(
        { from, to: STORE, input: word(6n) },
        at(head.number - 1),
      );
      expect(result.gasUsed).toBe(receipts[0]?.gasUsed);
    });

    it('runs init code and answers with the code it makes', async () => {
      const result = await chain.executor.call(
        { input: assemble('0xaa PUSH0 MSTORE 0x20 PUSH0 RETURN') },
        LATEST,
      );
      expect(result).toMatchObject({ status: 'success', output: word(0xaan) });
    });

    it('lets a contract call', async () => {
      const result = await chain.executor.call({ from: STORE, to: ECHO, input: '0x1234' }, LATEST);
      expect(result).toMatchObject({ status: 'success', output: '0x1234' });
    });

    it('answers a revert with its data', async () => {
      const result = await chain.executor.call({ to: REVERT }, LATEST);
      expect(result).toMatchObject({ status: 'revert', output: NO });
    });

    it.each([
      ['INVALID', 'invalid opcode: INVALID'],
      ['#0x0c', 'invalid opcode: opcode 0xc not defined'],
      ['ADD', 'stack underflow (0 <=> 2)'],
      ['PUSH0 SSTORE', 'stack underflow (1 <=> 2)'],
      ['SWAP1', 'stack underflow (0 <=> 2)'],
      ['PUSH0 JUMP', 'invalid jump destination'],
      [':a PUSH0 @a JUMP', 'stack limit reached 1024 (1023)'],
      ['0x20 PUSH0 PUSH0 RETURNDATACOPY', 'return data out of bounds'],
      ['0xffffffff PUSH0 REVERT', 'out of gas'],
    ])('words the failure of %s as geth does', async (code, error) => {
      expect(await callCode(code)).toMatchObject({ status: 'failure', error });
    });

    it('runs out of gas at the gas of the request', async () => {
      const result = await chain.executor.call({ to: LOOP, gas: 100_000n }, LATEST);
      expect(result).toEqual({ status: 'failure', error: 'out of gas', gasUsed: 100_000n });
    });

    it.each([
      ['a loop', LOOP],
      ['a recursion without a jump', RECURSE],
    ])('stops %s in time, and goes on answering', async (_name, to) => {
      const started = performance.now();
      const looping = chain.executor.call({ to, gas: 50_000_000n }, LATEST);
      await expect(looping).rejects.toMatchObject({
        code: 'execution-timeout',
        message: 'execution aborted (timeout = 0.4s)',
      });
      expect(performance.now() - started).toBeLessThan(4_000);
      const result = await chain.executor.call({ to: STORE }, LATEST);
      expect(result).toMatchObject({ status: 'success', output: word(6n) });
    });

    it('has no base fee without a price, and the block its own with one', async () => {
      const read = `BASEFEE ${RETURN_TOP}`;
      expect(await callCode(read)).toMatchObject({ output: word(0n) });
      const { baseFeePerGas = weiOf(0n) } = chain.reader.head();
      const priced = await callCode(read, { from, gasPrice: weiOf(baseFeePerGas) });
      expect(priced).toMatchObject({ output: word(baseFeePerGas) });
      const price = await callCode(`GASPRICE ${RETURN_TOP}`, {
        from,
        maxFeePerGas: weiOf(baseFeePerGas * 3n),
        maxPriorityFeePerGas: weiOf(2n),
      });
      expect(price).toMatchObject({ output: word(baseFeePerGas + 2n) });
    });

    it.each<[string, CallRequest, string, RegExp]>([
      [
        'value without funds',
        { from: contractAddress(0x11), to: STORE, value: weiOf(1n), gas: 30_000n },
        'insufficient-funds',
        /^err: insufficient funds for gas \* price \+ value: address 0x1{40} have 0 want 1 \(supplied gas 30000\)$/,
      ],
      [
        'less gas than a transaction costs',
        { to: STORE, gas: 20_000n },
        'intrinsic-gas-too-low',
        /^err: intrinsic gas too low: have 20000, want 21000 \(supplied gas 20000\)$/,
      ],
      [
        'a fee cap below the base fee',
        { to: STORE, maxFeePerGas: weiOf(1n) },
        'fee-cap-below-base-fee',
        /^max fee per gas less than block base fee: address 0x0{40}, maxFeePerGas: 1, baseFee: \d+$/,
      ],
      [
        'a tip above the fee cap',
        { to: STORE, maxFeePerGas: weiOf(1n), maxPriorityFeePerGas: weiOf(2n) },
        'tip-above-fee-cap',
        /^max priority fee per gas higher than max fee per gas/,
      ],
      [
        'two kinds of price',
        { to: STORE, gasPrice: weiOf(1n), maxFeePerGas: weiOf(1n) },
        'invalid-request',
        /^both gasPrice and \(maxFeePerGas or maxPriorityFeePerGas\) specified$/,
      ],
    ])('refuses %s', async (_name, request, code, message) => {
      const refusal = await chain.executor.call(request, LATEST).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(ChainError);
      expect(refusal).toMatchObject({ code, message: expect.stringMatching(message) });
    });

    it('refuses a block that is not there', async () => {
      await expect(chain.executor.call({ to: STORE }, at(99))).rejects.toMatchObject({
        code: 'unknown-block',
      });
    });
  });

  describe('overrides', () => {
    it('replace balance, nonce, code and storage of the call alone', async () => {
      const target = contractAddress(0xc1);
      const run = (override: object, code: string) =>
        chain.executor.call({ to: target }, LATEST, {
          stateOverrides: new Map([[target, { code: assemble(code), ...override }]]),
        });
      const readBalance = `ADDRESS BALANCE ${RETURN_TOP}`;
      expect(await run({ balance: weiOf(12n) }, readBalance)).toMatchObject({ output: word(12n) });
      const readSlot = `0x01 SLOAD ${RETURN_TOP}`;
      const slot = new Map([[1n, hash(44n)]]);
      expect(await run({ stateDiff: slot }, readSlot)).toMatchObject({ output: word(44n) });
      expect(await run({ state: slot }, readSlot)).toMatchObject({ output: word(44n) });
      expect(chain.reader.account(target, LATEST).balance).toBe(0n);
      await expect(run({ state: slot, stateDiff: slot }, readSlot)).rejects.toThrow(
        "has both 'state' and 'stateDiff'",
      );
    });

    it('clear the storage that they replace, and keep what they only change', async () => {
      const run = (override: object) =>
        chain.executor.call({ to: STORE }, LATEST, {
          stateOverrides: new Map([[STORE, override]]),
        });
      const other = new Map([[9n, hash(1n)]]);
      expect(await run({ state: other })).toMatchObject({ output: word(0n) });
      expect(await run({ stateDiff: other })).toMatchObject({ output: word(6n) });
    });

    it('change the block that the call sees', async () => {
      const target = contractAddress(0xc2);
      const read = async (opcode: string) => {
        const result = await chain.executor.call({ to: target }, LATEST, {
          stateOverrides: new Map([[target, { code: assemble(`${opcode} ${RETURN_TOP}`) }]]),
          blockOverrides: {
            number: 1_000n,
            time: 2_000_000_000n,
            gasLimit: 77n,
            feeRecipient: contractAddress(0x99),
            prevRandao: hash(13n),
          },
        });
        return result.status === 'success' ? BigInt(result.output) : result;
      };
      expect(await read('NUMBER')).toBe(1_000n);
      expect(await read('TIMESTAMP')).toBe(2_000_000_000n);
      expect(await read('GASLIMIT')).toBe(77n);
      expect(await read('COINBASE')).toBe(BigInt(contractAddress(0x99)));
      expect(await read('PREVRANDAO')).toBe(13n);
    });
  });

  describe('on pending', () => {
    const pendingAt = (seconds: number) =>
      new EvmCallExecutor(chain.reader.tables, chain.genesis, undefined, () => seconds);
    const read = async (executor: EvmCallExecutor, opcode: string, request: CallRequest = {}) => {
      const target = contractAddress(0xc4);
      const code = assemble(`${opcode} ${RETURN_TOP}`);
      const result = await executor.call({ to: target, ...request }, PENDING, {
        stateOverrides: new Map([[target, { code }]]),
      });
      return result.status === 'success' ? BigInt(result.output) : result;
    };

    it('sees the number, time and parent of the next block', async () => {
      const head = chain.reader.head();
      const executor = pendingAt(head.timestamp + 100);
      expect(await read(executor, 'NUMBER')).toBe(BigInt(head.number + 1));
      expect(await read(executor, 'TIMESTAMP')).toBe(BigInt(head.timestamp + 100));
      expect(await read(executor, `${word(BigInt(head.number))} BLOCKHASH`)).toBe(
        BigInt(head.hash),
      );
      const slow = pendingAt(head.timestamp - 100);
      expect(await read(slow, 'TIMESTAMP')).toBe(BigInt(head.timestamp));
    });

    it("takes a price that the next block takes, below the head's base fee", async () => {
      const head = chain.reader.head().baseFeePerGas ?? weiOf(0n);
      const next = chain.reader.nextBlock().baseFeePerGas ?? weiOf(0n);
      expect(next).toBeLessThan(head);
      const request = { from, to: contractAddress(0x31), gasPrice: next };
      expect(await read(pendingAt(0), 'BASEFEE', { from, gasPrice: next })).toBe(next);
      expect(await chain.executor.estimateGas(request, PENDING)).toBe(21_000n);
      await expect(chain.executor.estimateGas(request, LATEST)).rejects.toMatchObject({
        code: 'fee-cap-below-base-fee',
      });
    });
  });

  it('knows the hashes of earlier blocks', async () => {
    const result = await callCode(`0x01 BLOCKHASH ${RETURN_TOP}`);
    expect(result).toMatchObject({ output: chain.reader.header(at(1))?.hash });
  });

  describe('estimateGas', () => {
    it('is 21,000 for a transfer', async () => {
      const request = { from, to: contractAddress(0x31), value: weiOf(1n) };
      expect(await chain.executor.estimateGas(request, LATEST)).toBe(21_000n);
    });

    it.each([
      ['a write', STORE, word(123n)],
      ['gas that is passed on', PROXY, '0x'],
      ['a refund', CLEAR, '0x'],
      ['gas that must be left', HUNGRY, '0x'],
    ] as const)('suffices for %s and is near the least that does', async (_name, to, input) => {
      const gas = await chain.executor.estimateGas({ from, to, input }, LATEST);
      const enough = await chain.executor.call({ from, to, input, gas }, LATEST);
      expect(enough.status).toBe('success');
      const less = { from, to, input, gas: (gas * 97n) / 100n };
      const tooLittle = await chain.executor.call(less, LATEST).catch(() => undefined);
      expect(tooLittle?.status).not.toBe('success');
      const { receipts } = await chain.mine({ to, input, gasLimit: gas });
      expect(receipts[0]?.status).toBe(1);
    });

    it('throws the revert with its reason and data', async () => {
      const estimate = chain.executor.estimateGas({ to: REVERT }, LATEST);
      await expect(estimate).rejects.toThrow(ExecutionRevertedError);
      await expect(estimate).rejects.toMatchObject({
        message: 'execution reverted: no',
        data: NO,
      });
    });

    it.each<[string, CallRequest, string, string]>([
      ['a failure', { to: contractAddress(0xc0) }, 'execution-failed', 'invalid opcode: INVALID'],
      [
        'a limit that is too low',
        { to: LOOP, gas: 50_000n },
        'gas-required-exceeds-allowance',
        'gas required exceeds allowance (50000)',
      ],
      [
        'a balance that does not pay',
        { from: contractAddress(0x11), to: STORE, gasPrice: weiOf(10n ** 10n) },
        'gas-required-exceeds-allowance',
        'gas required exceeds allowance (0)',
      ],
      [
        'value above the balance',
        { from: contractAddress(0x11), to: STORE, value: weiOf(1n), gasPrice: weiOf(10n ** 10n) },
        'insufficient-funds',
        'insufficient funds for transfer',
      ],
    ])('throws for %s', async (_name, request, code, message) => {
      const estimate = chain.executor.estimateGas(request, LATEST, {
        stateOverrides: new Map([[contractAddress(0xc0), { code: assemble('INVALID') }]]),
      });
      await expect(estimate).rejects.toMatchObject({ code, message });
    });

    it('stops in time', async () => {
      await expect(chain.executor.estimateGas({ to: RECURSE }, LATEST)).rejects.toMatchObject({
        code: 'execution-timeout',
      });
    });
  });

  describe('createAccessList', () => {
    it('lists the slots a call touches, and other accounts', async () => {
      const reader = contractAddress(0xc3);
      const result = await chain.executor.createAccessList({ from, to: reader }, LATEST, {
        stateOverrides: new Map([
          [reader, { code: assemble(`0x07 SLOAD ${ECHO} BALANCE ${from} BALANCE STOP`) }],
        ]),
      });
      expect(result.accessList).toEqual([
        { address: reader, storageKeys: [hash(7n)] },
        { address: ECHO, storageKeys: [] },
      ]);
      expect(result.error).toBeUndefined();
    });

    it('tells the gas used with the list', async () => {
      const request = { from, to: STORE };
      const { accessList, gasUsed } = await chain.executor.createAccessList(request, LATEST);
      const result = await chain.executor.call({ ...request, accessList }, LATEST);
      expect(result.gasUsed).toBe(gasUsed);
    });

    it('tells that the call failed', async () => {
      const result = await chain.executor.createAccessList({ from, to: REVERT }, LATEST);
      expect(result).toMatchObject({ accessList: [], error: 'execution reverted' });
    });
  });
});
