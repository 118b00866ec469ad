/** Digests of messages that accounts sign: EIP-191 version 0x45 and EIP-712. */
import { keccak_256 } from '@noble/hashes/sha3.js';
import type { Hex } from '@praline/chain';
import { bytesOf } from '@praline/chain/configuration';
import { z } from 'zod';
import { invalidParams } from './errors.ts';
import { eitherOf } from './parameters/either-of.ts';

/** EIP-191: the prefix keeps a message from ever being a transaction. */
export function personalDigest(message: Hex): Uint8Array {
  const bytes = bytesOf(message);
  const prefix = Buffer.from(`\x19Ethereum Signed Message:\n${bytes.length}`);
  return keccak_256(Buffer.concat([prefix, bytes]));
}

const typedData = z
  .object({
    types: z.record(z.string(), z.array(z.object({ name: z.string(), type: z.string() }))),
    primaryType: z.string(),
    domain: z.record(z.string(), z.unknown()),
    message: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'TypedData', description: 'Structured data to sign (EIP-712).' });

/** Typed data as an object, or as the JSON text that wallets send. */
export const typedDataArgument = eitherOf(
  [typedData, z.string().transform(parseJson).pipe(typedData).meta({ description: 'As JSON.' })],
  (value) => (typeof value === 'string' ? 1 : 0),
);

export type TypedData = z.infer<typeof typedData>;

/** EIP-712. Throws `RpcError` with code -32602 when the message does not fit its types. */
export async function typedDataDigest(data: TypedData): Promise<Uint8Array> {
  // Loaded at first use: few clients sign typed data with a node's account.
  const [{ hashTypedData }, { BaseError }] = await Promise.all([
    import('viem/utils'),
    import('viem'),
  ]);
  try {
    return bytesOf(hashTypedData(data as Parameters<typeof hashTypedData>[0]));
  } catch (thrown) {
    // Of its own errors viem tells what is wrong; any other is about its insides, such as that a field is missing.
    const isTold = thrown instanceof BaseError;
    const reason = isTold
      ? thrown.shortMessage
      : 'its message lacks a field, or has one of another type';
    throw invalidParams(`invalid argument 1: typed data does not hold together: ${reason}`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
