import { describe, expect, it, onTestFinished } from 'vitest';
import { Chain } from '../chain.ts';
import { DEV_MNEMONIC, deriveAccounts } from '../genesis/dev-accounts.ts';
import { DEV_CHAIN_ID, devGenesisFile } from '../genesis/dev-genesis.ts';
import { createGenesis, type Genesis } from '../genesis/genesis.ts';
import { hexOf, parseAddress, weiOf } from '../primitives.ts';
import { StoredChainReader } from '../query/stored-chain-reader.ts';
import { assemble } from '../testing/assemble.ts';
import { giveSnapshot, markerAt, positionOf, takeSnapshot } from '../testing/snapshot-transfer.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { build } from '../testing/test-chain.ts';
import { decodeTransaction } from '../transaction/decode.ts';
import { signTransaction } from '../transaction/sign.ts';
import { HEADERS, PIECE_BYTES_MAX } from './limits.ts';

const CONTRACT = parseAddress(`0x${'c5'.repeat(20)}`);
const LATEST = { tag: 'latest' } as const;
/** Stores the hash of the block 256 before its own, the oldest that can be asked for. */
const OLDEST_HASH = assemble('0x0100 NUMBER SUB BLOCKHASH NUMBER SSTORE STOP');

function genesisWith(account: object): Genesis {
  const file = devGenesisFile() as { alloc: Record<string, object> };
  file.alloc[CONTRACT] = { balance: '0x0', ...account };
  return createGenesis(file);
}

async function chainOf(genesis: Genesis): Promise<{ chain: Chain; reader: StoredChainReader }> {
  const folder = temporaryFolder();
  const chain = await Chain.create(folder, genesis);
  const reader = new StoredChainReader(folder, genesis);
  onTestFinished(async () => {
    await reader.close();
    await chain.close();
  });
  return { chain, reader };
}

describe('a snapshot', () => {
  it('spreads the code and the storage of one account over chunks, and leaves others their turns', async () => {
    const slots = 9_000;
    const storage = Object.fromEntries(
      Array.from({ length: slots }, (_, slot) => [
        `0x${(slot + 1).toString(16).padStart(64, '0')}`,
        `0x${'ab'.repeat(32)}`,
      ]),
    );
    const code = hexOf(new Uint8Array(3 * PIECE_BYTES_MAX).fill(1));
    const genesis = genesisWith({ code, storage });
    const [source, empty] = [await chainOf(genesis), await chainOf(genesis)];
    const { raw } = await build(source.chain, []);
    await source.chain.commit([{ raw }], markerAt(1));
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    const taken = await takeSnapshot(source.chain.offerSnapshots(positionOf));
    expect(taken.list.chunks.length).toBeGreaterThan(3);
    const turnsToMake = turns;
    await giveSnapshot(empty.chain, taken);
    clearInterval(timer);
    expect(turnsToMake).toBeGreaterThan(0);
    expect(turns).toBeGreaterThan(turnsToMake);
    for (const reader of [source.reader, empty.reader]) {
      expect(reader.code(CONTRACT, LATEST)).toBe(code);
      expect(reader.storage(CONTRACT, BigInt(slots), LATEST)).toBe(`0x${'ab'.repeat(32)}`);
    }
    expect(empty.reader.proof(CONTRACT, [1n], LATEST)).toEqual(
      source.reader.proof(CONTRACT, [1n], LATEST),
    );
  });

  it('brings every block hash that the next blocks can ask for', async () => {
    const genesis = genesisWith({ code: OLDEST_HASH });
    const [source, empty] = [await chainOf(genesis), await chainOf(genesis)];
    const [sender] = deriveAccounts(DEV_MNEMONIC, 1);
    if (sender === undefined) throw new Error('no sender');
    const call = (nonce: bigint) =>
      decodeTransaction(
        signTransaction(
          {
            type: 0,
            chainId: BigInt(DEV_CHAIN_ID),
            nonce,
            gasPrice: weiOf(10_000_000_000n),
            gasLimit: 100_000n,
            to: CONTRACT,
            value: weiOf(0n),
            input: '0x',
          },
          sender.privateKey,
        ),
      );
    for (let number = 1; number <= HEADERS + 3; number += 1) {
      const { block } = await build(source.chain, []);
      await source.chain.commit([{ hash: block.header.hash }], markerAt(number));
    }
    await giveSnapshot(empty.chain, await takeSnapshot(source.chain.offerSnapshots(positionOf)));
    for (let nonce = 0n; nonce < 2n; nonce += 1n) {
      const { raw, block } = await build(empty.chain, [call(nonce)]);
      for (const { chain } of [source, empty]) {
        // Refused unless the state is the same after it.
        await chain.commit([{ raw }], markerAt(block.header.number));
      }
      const { number } = block.header;
      const asked = source.reader.header({ number: (number - 256) as typeof number });
      for (const { reader } of [source, empty]) {
        expect(reader.storage(CONTRACT, BigInt(number), LATEST)).toBe(asked?.hash);
      }
    }
  });
});
