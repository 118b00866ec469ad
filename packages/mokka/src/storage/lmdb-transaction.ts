/** One atomic, synced LMDB transaction on the library's own thread. */
import type { RootDatabase } from 'lmdb';

/** Runs `action` in a transaction that is dropped whole when it throws. Resolves when it is synced. */
export async function transact(
  environment: RootDatabase<Buffer, Buffer>,
  action: () => void,
): Promise<void> {
  try {
    await environment.childTransaction(action);
  } catch (error) {
    // The library's error carries a second rejected promise with the cause, which nobody else observes.
    if (typeof error === 'object' && error !== null && 'commitError' in error) {
      await error.commitError;
    }
    throw error;
  }
}
