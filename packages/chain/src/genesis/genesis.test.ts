import { describe, expect, it } from 'vitest';
import { parseAddress } from '../primitives.ts';
import { DEV_MNEMONIC, deriveAccounts } from './dev-accounts.ts';
import { DEV_FORKS } from './dev-forks.ts';
import { devGenesisFile } from './dev-genesis.ts';
import { createGenesis } from './genesis.ts';
import { SYSTEM_CONTRACTS } from './system-contracts.ts';

function minimal(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { config: { chainId: 5 }, gasLimit: '0x1c9c380', alloc: {}, ...changes };
}

describe('createGenesis', () => {
  it.each([
    ['config', { config: undefined }],
    ['config.chainId', { config: { chainId: 'five' } }],
    ['config.chainId', { config: { chainId: 0 } }],
    ['config.pragueTime', { config: { chainId: 5, pragueTime: -1 } }],
    ['config.shanghaiTime', { config: { chainId: 5, shanghaiTime: 1.5 } }],
    ['config.pragueTime', { config: { chainId: 5, cancunTime: 20, pragueTime: 10 } }],
    ['config.amsterdamTime', { config: { chainId: 5, amsterdamTime: 0 } }],
    ['config.daoForkBlock', { config: { chainId: 5, daoForkBlock: 0 } }],
    [
      'config.blobSchedule.cancun.max',
      { config: { chainId: 5, blobSchedule: { cancun: { target: 1 } } } },
    ],
    [
      'config.blobSchedule.bpo1',
      {
        config: {
          chainId: 5,
          blobSchedule: { bpo1: { target: 1, max: 2, baseFeeUpdateFraction: 3 } },
        },
      },
    ],
    ['gasLimit', { gasLimit: '0x' }],
    ['gasLimit', { gasLimit: '0x8000000000000000' }],
    ['extraData', { extraData: '0x123' }],
    ['alloc.0x12', { alloc: { '0x12': {} } }],
    [`alloc.${'12'.repeat(20)}.balance`, { alloc: { [`${'12'.repeat(20)}`]: { balance: 'x' } } }],
    [`alloc.0x${'12'.repeat(20)}.code`, { alloc: { [`0x${'12'.repeat(20)}`]: { code: '0x1' } } }],
    ['praline.crashModel', { praline: { crashModel: 'PBFT' } }],
    ['praline.validators.0', { praline: { validators: ['abc'] } }],
    ['praline.validators', { praline: { validators: ['a'.repeat(64), 'a'.repeat(64)] } }],
    ['praline.mining.blockTimeMs', { praline: { mining: { blockTimeMs: 0 } } }],
    ['praline', { praline: { minig: {} } }],
  ])('says that %s is wrong', (path, changes) => {
    expect(() => createGenesis(minimal(changes))).toThrow(
      expect.objectContaining({ code: 'invalid-genesis', fields: { path } }),
    );
  });

  it('reads quantities as hexadecimal, decimal text and numbers', () => {
    const address = `0x${'12'.repeat(20)}`;
    const [one, two, three] = ['0x64', '100', 100].map((quantity) =>
      createGenesis(minimal({ alloc: { [address]: { balance: quantity } }, gasLimit: quantity })),
    );
    expect(one?.state.accounts.get(parseAddress(address))?.balance).toBe(100n);
    expect(two?.header.hash).toBe(one?.header.hash);
    expect(three?.configurationHash).toBe(one?.configurationHash);
  });

  it('has another configuration hash for another rule, and not for another mnemonic', () => {
    const hash = (praline: unknown) => createGenesis(minimal({ praline })).configurationHash;
    const accounts = { mnemonic: 'a b c', count: 1, path: 'm/0' };
    expect(hash({ accounts })).toBe(hash({}));
    expect(hash({ crashModel: 'BFT' })).not.toBe(hash({}));
    expect(hash({ mining: { mode: 'interval' } })).not.toBe(hash({}));
  });

  it('demands the system contracts that the forks at genesis need', () => {
    const file = devGenesisFile();
    expect(() => createGenesis({ ...file, alloc: {} })).toThrow(
      /alloc: lacks the code of the EIP-7002/,
    );
  });
});

describe('the development genesis', () => {
  it.each(DEV_FORKS)('starts at %s', (fork) => {
    expect(createGenesis(devGenesisFile({ fork })).common.hardfork()).toBe(fork);
  });

  it('funds the accounts that every development tool knows', () => {
    const { state, chainId } = createGenesis(devGenesisFile());
    const accounts = deriveAccounts(DEV_MNEMONIC, 10);
    expect(accounts[0]?.address).toBe('0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266');
    expect(accounts[9]?.address).toBe('0xa0ee7a142d267c1f36714e4a8f75612f20a79720');
    for (const { address } of accounts) {
      expect(state.accounts.get(address)?.balance).toBe(10_000n * 10n ** 18n);
    }
    expect(chainId).toBe(31_337n);
  });

  it('deploys the system contracts', () => {
    const { state } = createGenesis(devGenesisFile());
    for (const { address, code } of SYSTEM_CONTRACTS.values()) {
      const codeHash = state.accounts.get(address)?.codeHash;
      expect(codeHash && state.codes.get(codeHash)).toEqual(
        new Uint8Array(Buffer.from(code.slice(2), 'hex')),
      );
    }
  });
});
