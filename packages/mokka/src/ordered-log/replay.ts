/** Builds a user's state again from the stored log. */
import type { Entry } from '../core/entry.ts';
import type { EntryId, LogIndex, StateDigest } from '../core/types.ts';
import { RestoreError } from '../driver/restore.ts';
import { StoredLog } from '../driver/stored-log.ts';
import type { Storage } from '../storage/storage.ts';
import { EMPTY_STATE, type Execution, type OrderedState } from './ordered-state.ts';

/** One read. */
const READ_LIMITS = { maxCount: 256, maxBytes: 4 * 1024 * 1024 };

export interface Replay {
  readonly storage: Storage;
  /** The last entry to be replayed. */
  readonly to: EntryId;
  /** Digest of the state after it. */
  readonly expected: StateDigest;
  readonly execute: (before: OrderedState, entry: Entry) => Execution;
  readonly apply: (entry: Entry, execution: Execution) => Promise<void>;
}

/** Rejects with `RestoreError` `store-damaged` when the log does not lead to the expected state. */
export async function replayPushes(replay: Replay): Promise<void> {
  const { storage, to, expected, execute, apply } = replay;
  const log = new StoredLog(storage);
  let state = EMPTY_STATE;
  let last: Entry | undefined;
  for (let from = 1; from <= to.index; ) {
    const entries = await log.entries(from as LogIndex, to.index, READ_LIMITS);
    if (entries.length === 0) throw damaged(`entry ${from} is missing`);
    for (const entry of entries) {
      const execution = execute(state, entry);
      state = execution.state;
      last = entry;
      await apply(entry, execution);
    }
    from += entries.length;
  }
  if (last?.hash !== to.hash || state.digest !== expected) {
    throw damaged(`the pushes up to entry ${to.index} do not lead to the state that was stored`);
  }
}

function damaged(what: string): RestoreError {
  return new RestoreError('store-damaged', what);
}
