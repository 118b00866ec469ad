import { RLP } from '@ethereumjs/rlp';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Chain } from '../chain.ts';
import { EMPTY_TRIE_ROOT, keccak256 } from '../crypto/keccak.ts';
import { bigintToBytes } from '../encoding/quantity.ts';
import { DEV_MNEMONIC, deriveAccounts } from '../genesis/dev-accounts.ts';
import type { Genesis } from '../genesis/genesis.ts';
import {
  type Address,
  addressOf,
  blockNumberOf,
  bytesOf,
  type Hash,
  hashOf,
} from '../primitives.ts';
import type { BlockSelector } from '../query/chain-reader.ts';
import { StoredChainReader } from '../query/stored-chain-reader.ts';
import { readCanonical, readHeader } from '../store/block-records.ts';
import { readStateFloor } from '../store/state-floor.ts';
import { Tables } from '../store/tables.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { build, testGenesis } from '../testing/test-chain.ts';
import { steps, Workload } from '../testing/workload.ts';
import { NodeReader } from '../trie/node-source.ts';
import { iterateTrie, readTrie } from '../trie/read-trie.ts';
import { decodeAccount } from './account-codec.ts';

const BETWEEN = 3;

/** An archive and a pruned node of one chain, and what to ask of both. */
async function chains(genesis: Genesis, blocks: number) {
  const archive = temporaryFolder();
  const pruned = temporaryFolder();
  const options = { stateHistory: { blocks, blocksBetweenPasses: BETWEEN } };
  const full = await Chain.create(archive, genesis);
  const part = await Chain.create(pruned, genesis, options);
  return {
    full,
    part,
    archive: new StoredChainReader(archive, genesis),
    pruned: new StoredChainReader(pruned, genesis),
    folders: { archive, pruned },
  };
}

function createdAddress(from: Address, nonce: bigint): Address {
  return addressOf(keccak256(RLP.encode([bytesOf(from), bigintToBytes(nonce)])).subarray(12));
}

function proofHolds(root: Hash, address: Address, proof: readonly `0x${string}`[]): boolean {
  const nodes = new Map(proof.map((node) => [hashOf(keccak256(bytesOf(node))), bytesOf(node)]));
  const reader = new NodeReader({ getNode: (hash) => nodes.get(hash) });
  try {
    readTrie(reader, root, keccak256(bytesOf(address)));
    return root !== EMPTY_TRIE_ROOT;
  } catch {
    return false;
  }
}

async function read<Value>(folder: string, question: (tables: Tables) => Value): Promise<Value> {
  const tables = new Tables(folder, { readOnly: true });
  try {
    return question(tables);
  } finally {
    await tables.close();
  }
}

function nodeCount(folder: string): Promise<number> {
  return read(folder, (tables) => tables.firstKeys('nodes', new Uint8Array(0), 1_000_000).length);
}

describe('a chain that keeps the states of its last blocks', () => {
  it('answers within them as an archive does, with proofs, and refuses what is older', async () => {
    const runs = fc.tuple(
      fc.integer({ min: 1, max: 6 }),
      fc.array(steps, { minLength: 8, maxLength: 16 }),
    );
    await fc.assert(
      fc.asyncProperty(runs, async ([blocks, workload]) => {
        const genesis = testGenesis();
        const { full, part, archive, pruned, folders } = await chains(genesis, blocks);
        const addresses = deriveAccounts(DEV_MNEMONIC, 4).map(({ address }) => address);
        const signer = new Workload((from, nonce) => {
          const address = createdAddress(from, nonce);
          addresses.push(address);
          return address;
        });
        for (const block of workload) {
          const { raw } = await build(
            full,
            block.map((step) => signer.sign(step)),
          );
          await full.commit([{ raw }], new Uint8Array([1]));
          await part.commit([{ raw }], new Uint8Array([1]));
        }
        await part.statesRemoved();
        const head = part.head.number;
        expect(head).toBe(full.head.number);
        const floor = await read(folders.pruned, readStateFloor);
        expect(floor).toBeLessThanOrEqual(Math.max(0, head + 1 - blocks));
        expect(floor).toBeGreaterThan(head + 1 - blocks - BETWEEN);
        for (let number = 0; number <= head; number += 1) {
          const at: BlockSelector = { number: blockNumberOf(number) };
          const root = archive.header(at)?.stateRoot ?? EMPTY_TRIE_ROOT;
          for (const address of addresses) {
            const ask = [
              (reader: StoredChainReader) => reader.account(address, at),
              (reader: StoredChainReader) => reader.storage(address, 1n, at),
              (reader: StoredChainReader) => reader.proof(address, [0n, 1n, 2n], at),
            ];
            for (const question of ask) {
              if (number < floor) {
                expect(() => question(pruned)).toThrow(
                  expect.objectContaining({
                    code: 'state-pruned',
                    message: expect.stringMatching(/^missing trie node /),
                  }),
                );
              } else expect(question(pruned)).toEqual(question(archive));
            }
            if (number < floor) continue;
            const { accountProof } = pruned.proof(address, [], at);
            expect(proofHolds(root, address, accountProof)).toBe(true);
          }
        }
        if (floor > 0) {
          const all = await nodeCount(folders.archive);
          expect(await nodeCount(folders.pruned)).toBeLessThan(all);
        }
        for (const one of [archive, pruned]) await one.close();
        for (const one of [full, part]) await one.close();
      }),
      { numRuns: 8 },
    );
  }, 120_000);

  it('removes, after a pass that was cut off too, exactly what no kept state reaches', async () => {
    const folder = temporaryFolder();
    const genesis = testGenesis();
    const archive = await Chain.create(folder, genesis);
    const signer = new Workload(createdAddress);
    const transfer = (number: number) =>
      signer.sign({
        sender: number % 4,
        action: { kind: 'transfer', to: addressOf(new Uint8Array(20).fill(number + 1)), value: 1n },
      });
    for (let number = 0; number < 12; number += 1) {
      const { raw } = await build(archive, [transfer(number)]);
      await archive.commit([{ raw }], new Uint8Array([1]));
    }
    await archive.close();
    const all = await nodeCount(folder);
    // Closing ends the pass that opening began.
    const options = { stateHistory: { blocks: 2, blocksBetweenPasses: 1 } };
    await (await Chain.open(folder, genesis, options)).close();
    const again = await Chain.open(folder, genesis, options);
    const { raw } = await build(again, [transfer(12)]);
    await again.commit([{ raw }], new Uint8Array([1]));
    await again.statesRemoved();
    const { number } = again.head;
    await again.close();
    expect(await read(folder, readStateFloor)).toBe(number - 1);
    const reached = await read(folder, (tables) => {
      const names = new Set<Hash>();
      const reader = new NodeReader({
        getNode: (hash) => {
          names.add(hash);
          return tables.get('nodes', bytesOf(hash));
        },
      });
      for (const kept of [number - 1, number]) {
        const hash = readCanonical(tables, blockNumberOf(kept));
        const header = hash && readHeader(tables, hash);
        if (header === undefined) throw new Error('a block is missing');
        for (const { value } of iterateTrie(reader, header.stateRoot)) {
          const { storageRoot } = decodeAccount(value);
          for (const slot of iterateTrie(reader, storageRoot)) expect(slot.key).toHaveLength(32);
        }
      }
      return names.size;
    });
    expect(await nodeCount(folder)).toBe(reached);
    expect(reached).toBeLessThan(all / 2);
  });
});
