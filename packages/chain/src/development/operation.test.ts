import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Chain } from '../chain.ts';
import { ChainError } from '../errors.ts';
import { devGenesisFile } from '../genesis/dev-genesis.ts';
import { createGenesis } from '../genesis/genesis.ts';
import { addressOf, hashOf } from '../primitives.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { NO_MARKER, testChain } from '../testing/test-chain.ts';
import { SNAPSHOTS_MAX } from './development-state.ts';
import {
  type DevelopmentOperation,
  decodeAgreedOperation,
  decodeOperation,
  encodeAgreedOperation,
  encodeOperation,
} from './operation.ts';
import { archiveOf } from './state-archive.ts';

const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map(addressOf);
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(hashOf);
const number = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const amount = fc.bigInt(0n, 2n ** 256n - 1n);
const of = <Kind extends string, Fields>(
  kind: Kind,
  fields: { [F in keyof Fields]: fc.Arbitrary<Fields[F]> },
) => fc.record({ kind: fc.constant(kind), ...fields });
const edit = fc.record({
  address,
  balance: fc.option(amount),
  addedBalance: amount,
  nonce: fc.option(amount),
  code: fc.option(fc.uint8Array({ maxLength: 40 })),
  slots: fc.array(fc.record({ slot: hash, value: hash }), { maxLength: 4 }),
});

const operation = fc.oneof(
  of('snapshot', {}),
  of('revert', { snapshot: number }),
  of('reset', {}),
  of('edit', { accounts: fc.array(edit, { maxLength: 4 }) }),
  of('increase-time', { seconds: number }),
  of('set-time', { timestamp: number }),
  of('set-next-timestamp', { timestamp: number }),
  of('set-timestamp-interval', { seconds: fc.option(number) }),
  of('set-next-base-fee', { fee: amount }),
  of('set-next-prevrandao', { value: hash }),
  of('set-gas-limit', { gasLimit: amount }),
  of('set-coinbase', { address }),
  of('set-mining', { automine: fc.boolean(), intervalMs: number }),
  of('impersonate', { address }),
  of('stop-impersonating', { address }),
  of('auto-impersonate', { enabled: fc.boolean() }),
  of('drop-transactions', { hash: fc.option(hash) }),
  of('rollback', { depth: number }),
  of('load', {
    archive: fc.oneof(fc.uint8Array(), fc.array(edit, { maxLength: 4 }).map(archiveOf)),
  }),
) as fc.Arbitrary<DevelopmentOperation>;

const NOTHING_KNOWN = { id: Buffer.alloc(16), agreedSeconds: 1_000 };

describe('a development operation', () => {
  it('means the same when it is decoded, with what is agreed about it', () => {
    fc.assert(
      fc.property(operation, hash, (one, stateRoot) => {
        const id = new Uint8Array(16).fill(7);
        expect(decodeOperation(encodeOperation(one))).toEqual(one);
        const agreed = { id, stateRoot, operation: one };
        expect(decodeAgreedOperation(encodeAgreedOperation(agreed))).toEqual(agreed);
      }),
    );
  });

  it('has one encoding, and anything else is refused with an error of its own', () => {
    fc.assert(
      fc.property(operation, fc.nat(), fc.nat(255), (one, at, byte) => {
        const encoded = Uint8Array.from(encodeOperation(one));
        encoded[at % encoded.length] = byte;
        let decoded: DevelopmentOperation;
        try {
          decoded = decodeOperation(encoded);
        } catch (error) {
          expect(error).toBeInstanceOf(ChainError);
          expect(error).toMatchObject({ code: 'invalid-request' });
          return;
        }
        expect(Buffer.from(encodeOperation(decoded))).toEqual(Buffer.from(encoded));
      }),
      { numRuns: 1_000 },
    );
  });

  it('is applied or refused, whatever it asks for, and what is applied can be stored', async () => {
    const chain = await testChain();
    let requests = 0;
    await fc.assert(
      fc.asyncProperty(operation, async (one) => {
        requests += 1;
        const id = Buffer.alloc(16);
        id.writeUInt32BE(requests);
        const request = { id, operation: one };
        try {
          const { position } = await chain.applyOperation(request, chain.position.id, 1_000);
          await chain.commit([{ hash: position.id }], NO_MARKER);
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid-request' });
        }
      }),
      { numRuns: 150 },
    );
  });

  it('is refused outside development mode', async () => {
    const { praline, ...genesis } = devGenesisFile() as { praline: object };
    const file = { ...genesis, praline: { ...praline, devMode: false } };
    const chain = await Chain.create(temporaryFolder(), createGenesis(file));
    onTestFinished(() => chain.close());
    const { id, agreedSeconds } = NOTHING_KNOWN;
    const request = { id, operation: { kind: 'snapshot' } } as const;
    await expect(
      chain.applyOperation(request, chain.position.id, agreedSeconds),
    ).rejects.toMatchObject({ code: 'invalid-request' });
    const agreed = { ...request, stateRoot: chain.position.stateRoot };
    await expect(chain.commit([{ operation: agreed, agreedSeconds }], NO_MARKER)).rejects.toThrow();
  });

  it('forgets the oldest snapshot when there are too many', async () => {
    const chain = await testChain();
    let tip = chain.position.id;
    for (let count = 1; count <= SNAPSHOTS_MAX + 1; count += 1) {
      const id = Buffer.alloc(16);
      id.writeUInt32BE(count);
      const request = { id, operation: { kind: 'snapshot' } } as const;
      const { position, outcome } = await chain.applyOperation(request, tip, 1_000);
      expect(outcome).toBe(count);
      tip = position.id;
    }
    await chain.commit([], NO_MARKER);
    const last = chain.stateAfter(tip);
    expect(last).toBeDefined();
    const revert = {
      id: Buffer.alloc(16, 0xff),
      operation: { kind: 'revert', snapshot: 1 },
    } as const;
    expect((await chain.applyOperation(revert, tip, 1_000)).outcome).toBe(false);
  });
});
