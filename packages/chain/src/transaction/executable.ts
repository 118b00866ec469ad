/**
 * The transaction object that `@ethereumjs/vm` executes. Its constructor copies the chain's parameters into a new
 * `Common` each time (100 us); a shared one whose copy is itself leaves the parsing. The sender's key is put into
 * the object's cache, so that the library's JavaScript recovery never runs.
 */
import type { Common } from '@ethereumjs/common';
import { createTxFromRLP, paramsTx, type TypedTransaction } from '@ethereumjs/tx';
import { Address as EvmAddress } from '@ethereumjs/util';
import { bytesOf } from '../primitives.ts';
import type { SignedTransaction } from './signed-transaction.ts';

const shared = new WeakMap<Common, Map<string, Common>>();

/** `common` is the chain's at the block's hard fork. It is not changed. */
export function executableTransaction(
  transaction: SignedTransaction,
  common: Common,
): TypedTransaction {
  const { raw, data, senderPublicKey } = transaction;
  const options = { common: sharedCommon(common), freeze: senderPublicKey !== null };
  const executable = createTxFromRLP(raw, options);
  if (senderPublicKey !== null) executable.cache.senderPubKey = senderPublicKey;
  else executable.getSenderAddress = () => new EvmAddress(bytesOf(data.from));
  executable.cache.hash = bytesOf(data.hash);
  return executable;
}

/** The transactions' own `Common` of a chain's hard fork. */
function sharedCommon(common: Common): Common {
  let forks = shared.get(common);
  if (forks === undefined) {
    forks = new Map();
    shared.set(common, forks);
  }
  const fork = common.hardfork();
  let found = forks.get(fork);
  if (found === undefined) {
    found = frozenCommon(common);
    forks.set(fork, found);
  }
  return found;
}

/** Holds the transaction parameters, which every constructor sets again; and transactions only read it. */
function frozenCommon(common: Common): Common {
  const own = common.copy();
  own.resetParams(paramsTx);
  own.copy = () => own;
  own.updateParams = () => undefined;
  return own;
}
