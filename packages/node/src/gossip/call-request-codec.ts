/** A `CallRequest` as JSON text, for its way to the leader that fills and signs it. Parsed strictly at the other end. */
import type { Address, CallRequest, Hash, Hex, Wei } from '@praline/chain';
import { z } from 'zod';

/** Items of an access list or an authorization list, and storage keys of one item. */
const MAX_ITEMS = 4096;

/** Fields of an object; more are none of a request. */
const MAX_FIELDS = 16;

/** A list whose first wrong item ends the check: an error that lists them all would be many times as large as what was sent. */
function listOf<Item>(item: z.ZodType<Item>) {
  return z
    .array(z.unknown())
    .max(MAX_ITEMS)
    .transform((values, context): Item[] => {
      const items: Item[] = [];
      for (const value of values) {
        const parsed = hasFewFields(value) ? item.safeParse(value) : null;
        if (!parsed?.success) {
          context.addIssue(`item ${items.length} is wrong`);
          return z.NEVER;
        }
        items.push(parsed.data);
      }
      return items;
    });
}

function hasFewFields(value: unknown): boolean {
  return typeof value !== 'object' || value === null || Object.keys(value).length <= MAX_FIELDS;
}

const hex = z
  .string()
  .regex(/^0x([0-9a-f]{2})*$/)
  .transform((text) => text as Hex);
const address = z
  .string()
  .regex(/^0x[0-9a-f]{40}$/)
  .transform((text) => text as Address);
const hash = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/)
  .transform((text) => text as Hash);
const quantity = z
  .string()
  .regex(/^0x(0|[1-9a-f][0-9a-f]{0,63})$/)
  .transform((text) => BigInt(text));
const wei = quantity.transform((value) => value as Wei);

const callRequestSchema = z.strictObject({
  from: address.optional(),
  to: address.nullable().optional(),
  gas: quantity.optional(),
  gasPrice: wei.optional(),
  maxFeePerGas: wei.optional(),
  maxPriorityFeePerGas: wei.optional(),
  value: wei.optional(),
  input: hex.optional(),
  nonce: quantity.optional(),
  accessList: listOf(z.strictObject({ address, storageKeys: listOf(hash) })).optional(),
  authorizationList: listOf(
    z.strictObject({
      chainId: quantity,
      address,
      nonce: quantity,
      yParity: z.int().min(0).max(255),
      r: quantity,
      s: quantity,
    }),
  ).optional(),
});

/** The text that `decodeCallRequest` reads back. */
export function encodeCallRequest(request: CallRequest): string {
  return JSON.stringify(request, (_, value: unknown) =>
    typeof value === 'bigint' ? `0x${value.toString(16)}` : value,
  );
}

/** Throws `SyntaxError` or `ZodError` for anything else than what `encodeCallRequest` writes. */
export function decodeCallRequest(text: string): CallRequest {
  const value: unknown = JSON.parse(text);
  if (!hasFewFields(value)) throw new SyntaxError('a request has fewer fields');
  const parsed = callRequestSchema.parse(value);
  // Absent optional fields stay absent: zod leaves them out of its result.
  return parsed as CallRequest;
}
