/** What a transaction changed, in the format that OpenEthereum (Parity) gave a `stateDiff`. */
import type { AccountChange, Hex } from '@praline/chain';
import type { JsonValue } from '../json.ts';
import { quantity } from './quantity.ts';

/** `=`: the same. Otherwise what was added, removed, or replaced. */
type Delta = '=' | { readonly [kind in '+' | '-' | '*']?: JsonValue };

export function formatStateDiff(changes: readonly AccountChange[]): JsonValue {
  return Object.fromEntries(changes.map((change) => [change.address, formatChange(change)]));
}

function formatChange({ before, after, storage }: AccountChange) {
  const member = (of: (side: NonNullable<typeof before>) => Hex) =>
    delta(before === null ? null : of(before), after === null ? null : of(after));
  const isThere = { before: before !== null, after: after !== null };
  return {
    balance: member((side) => quantity(side.balance)),
    code: member((side) => side.code),
    nonce: member((side) => quantity(side.nonce)),
    storage: Object.fromEntries(
      storage.map((slot) => [
        slot.slot,
        delta(isThere.before ? slot.before : null, isThere.after ? slot.after : null),
      ]),
    ),
  };
}

function delta(before: Hex | null, after: Hex | null): Delta {
  if (before === after) return '=';
  if (before === null) return { '+': after };
  if (after === null) return { '-': before };
  return { '*': { from: before, to: after } };
}
