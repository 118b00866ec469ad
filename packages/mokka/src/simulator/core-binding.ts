/** The consensus core of this package, as the simulator drives it. */
import { decodeCertificate, encodeCertificate } from '../codec/certificate-codec.ts';
import { decodeEntry } from '../codec/entry-codec.ts';
import { decodeMessage, encodeMessage } from '../codec/message-codec.ts';
import { decodeTermStart } from '../codec/term-start-codec.ts';
import { Core } from '../core/core.ts';
import type { Entry } from '../core/entry.ts';
import type { CoreOptions } from '../core/options.ts';
import { createStore, restoreCore } from '../driver/restore.ts';
import type { BootRequest, CoreBinding } from './binding.ts';

function coreOptions(request: BootRequest): CoreOptions {
  const { snapshots, retention } = request;
  const { validators, crashModel, self, clusterId, rootHash, signatures, timing, limits, seed } =
    request;
  return {
    self,
    clusterId,
    crashModel,
    validators,
    contacts: request.contacts.map((id) => ({ id, host: id, port: 1, role: 'observer' })),
    rootHash,
    signatures,
    timing,
    limits,
    snapshots,
    retention,
    seed,
  };
}

/** The same bytes lie on many virtual disks; they are decoded once. */
const decodedEntries = new WeakMap<Uint8Array, Entry>();

function decodeEntryOnce(bytes: Uint8Array): Entry {
  const known = decodedEntries.get(bytes);
  if (known !== undefined) return known;
  const entry = decodeEntry(bytes);
  decodedEntries.set(bytes, entry);
  return entry;
}

export const coreBinding: CoreBinding = {
  encodeMessage,
  decodeMessage,
  encodeCertificate,
  decodeCertificate,
  decodeEntry: decodeEntryOnce,
  proofOf: (termStart) => decodeTermStart(termStart.payload).proof,
  initialise: (request) => createStore(request.storage, coreOptions(request)),
  boot: async (request) => {
    const options = coreOptions(request);
    const core = new Core(
      options,
      await restoreCore(request.storage, request.application, options),
    );
    return {
      step: (input, instant) => core.step(input, instant),
      nextDeadline: () => core.nextDeadline(),
      ignored: () => core.status().ignored,
    };
  },
};
