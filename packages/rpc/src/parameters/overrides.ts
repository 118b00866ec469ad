/** geth's state and block override sets of `eth_call` and its relatives. */
import type { AccountOverride, Address, BlockOverride, CallOptions, Hash } from '@praline/chain';
import { z } from 'zod';
import {
  ArgumentError,
  address,
  data,
  gas,
  hash,
  parseStorageKey,
  uint64,
  unixTime,
  wei,
  weiPerGas,
} from './hex.ts';
import { optionalField, present } from './optional-fields.ts';

/** Accounts in one override set. */
const OVERRIDDEN_ACCOUNTS_MAX = 1000;
/** Slots of one account. */
const OVERRIDDEN_SLOTS_MAX = 10_000;

const slots = z.record(z.string(), hash).transform((record, context): ReadonlyMap<bigint, Hash> => {
  const entries = Object.entries(record);
  if (entries.length > OVERRIDDEN_SLOTS_MAX) {
    context.addIssue({ code: 'custom', message: `more than ${OVERRIDDEN_SLOTS_MAX} slots` });
    return z.NEVER;
  }
  try {
    return new Map(entries.map(([key, value]) => [parseStorageKey(key).slot, value]));
  } catch (thrown) {
    if (!(thrown instanceof ArgumentError)) throw thrown;
    context.addIssue({ code: 'custom', message: thrown.message });
    return z.NEVER;
  }
});

const account: z.ZodType<AccountOverride> = z
  .strictObject({
    nonce: optionalField(uint64),
    balance: optionalField(wei),
    code: optionalField(data),
    state: optionalField(slots),
    stateDiff: optionalField(slots),
    movePrecompileToAddress: optionalField(address),
  })
  .transform((fields, context): AccountOverride => {
    if (fields.state !== undefined && fields.stateDiff !== undefined) {
      context.addIssue({ code: 'custom', message: "has both 'state' and 'stateDiff'" });
      return z.NEVER;
    }
    const { movePrecompileToAddress: movePrecompileTo, ...rest } = fields;
    return present({ ...rest, movePrecompileTo });
  });

export const stateOverrides: z.ZodType<ReadonlyMap<Address, AccountOverride>> = z
  .record(z.string(), account, { error: 'override object expected' })
  .transform((record, context) => {
    const entries = Object.entries(record);
    if (entries.length > OVERRIDDEN_ACCOUNTS_MAX) {
      context.addIssue({
        code: 'custom',
        message: `more than ${OVERRIDDEN_ACCOUNTS_MAX} accounts`,
      });
      return z.NEVER;
    }
    const overrides = new Map<Address, AccountOverride>();
    for (const [key, override] of entries) {
      const parsed = address.safeParse(key);
      if (!parsed.success) {
        context.addIssue({ code: 'custom', message: `${key.slice(0, 80)} is not an address` });
        return z.NEVER;
      }
      overrides.set(parsed.data, override);
    }
    return overrides;
  })
  .meta({
    id: 'StateOverrides',
    description:
      'By address. `state` replaces the whole storage, `stateDiff` single slots; both are objects of slot to 32 bytes.',
  });

export const blockOverrides: z.ZodType<BlockOverride> = z
  .strictObject({
    number: optionalField(uint64),
    time: optionalField(unixTime),
    gasLimit: optionalField(gas),
    feeRecipient: optionalField(address),
    prevRandao: optionalField(hash),
    blobBaseFee: optionalField(weiPerGas),
    baseFeePerGas: optionalField(
      weiPerGas.transform((value) => value as BlockOverride['baseFeePerGas']),
    ),
  })
  .transform((fields): BlockOverride => present(fields) as BlockOverride)
  .meta({ id: 'BlockOverrides', description: 'Members that are absent are those of the block.' });

/** Overrides as the executor takes them. */
export function toCallOptions(
  state: ReadonlyMap<Address, AccountOverride> | undefined,
  block: BlockOverride | undefined,
): CallOptions {
  return present({ stateOverrides: state, blockOverrides: block });
}
