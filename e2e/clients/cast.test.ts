/** Foundry's `cast` against a follower, as one uses it in a terminal. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { followerOf, privateKeyOf, useNetwork } from '../support/use-network.ts';
import { COUNTER } from './counter.ts';

/** The binary of this platform. The package's own script answers 0 whatever the binary answers. */
const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;
const CAST = createRequire(import.meta.url).resolve(
  `@foundry-rs/cast-${process.platform}-${ARCHITECTURE}/bin/cast`,
);

const network = useNetwork({ nodes: 3 });
let url = '';
let contract = '';

async function cast(...args: readonly string[]): Promise<string> {
  const environment = { ...process.env, ETH_RPC_URL: url, FOUNDRY_DISABLE_NIGHTLY_WARNING: '1' };
  const options = { env: environment, timeout: 60_000 };
  const { stdout } = await promisify(execFile)(CAST, args, options);
  return stdout.trim();
}

const key = () => ['--private-key', privateKeyOf(network().account(0))];
const recipient = '0x00000000000000000000000000000000000b0001';

beforeAll(async () => {
  url = network().url(await followerOf(network()));
  const start = (await cast('abi-encode', 'f(uint256)', '7')).slice(2);
  const sent = await cast('send', '--json', ...key(), '--create', COUNTER.bytecode + start);
  contract = JSON.parse(sent).contractAddress;
});

it('reads the chain', async () => {
  expect(await cast('chain-id')).toBe('31337');
  expect(await cast('block-number')).toBe('1');
  expect(JSON.parse(await cast('block', 'latest', '--json'))).toMatchObject({ number: '0x1' });
  expect(await cast('nonce', network().account(0).address)).toBe('1');
  expect(await cast('balance', '--ether', network().account(1).address)).toMatch(/^10000\./);
  expect(await cast('codesize', contract)).toMatch(/^[1-9]\d+$/);
  expect(BigInt(await cast('storage', contract, '0'))).toBe(7n);
  expect(await cast('call', contract, 'value()(uint256)')).toBe('7');
});

it('sends at a market fee and, priced by the node, as a legacy transaction after an empty block', async () => {
  for (const type of [[], ['--legacy'], ['--legacy']]) {
    const sent = await cast('send', '--json', ...key(), recipient, '--value', '1', ...type);
    expect(JSON.parse(sent)).toMatchObject({ status: '0x1', to: recipient });
  }
  expect(await cast('balance', recipient)).toBe('3');
});

it('writes to a contract and finds the log', async () => {
  const sent = await cast('send', '--json', ...key(), contract, 'set(uint256)', '42');
  expect(JSON.parse(sent)).toMatchObject({
    status: '0x1',
    logs: [{ data: `0x${'2a'.padStart(64, '0')}` }],
  });
  const logs = JSON.parse(await cast('logs', '--json', '--address', contract, '--from-block', '0'));
  expect(logs).toHaveLength(1);
});

it('shows why a call reverts', async () => {
  await expect(cast('call', contract, 'nope()')).rejects.toThrow('execution reverted: nope');
  const custom = cast('send', ...key(), contract, 'set(uint256)', '5000');
  await expect(custom).rejects.toThrow(/0xb2a4c036/);
});

it('sends a blob and a delegation', async () => {
  const blob = ['--blob', '--path', fileURLToPath(import.meta.url)];
  expect(JSON.parse(await cast('send', '--json', ...key(), ...blob, recipient))).toMatchObject({
    type: '0x3',
    status: '0x1',
    blobGasUsed: '0x20000',
  });
  const delegation = ['--auth', contract];
  const sent = await cast('send', '--json', ...key(), ...delegation, recipient);
  expect(JSON.parse(sent)).toMatchObject({ type: '0x4', status: '0x1' });
  const code = await cast('code', network().account(0).address);
  expect(code).toBe(`0xef0100${contract.slice(2).toLowerCase()}`);
});
