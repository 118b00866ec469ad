/** Mistakes by which other systems have failed in what is around consensus: disk, wire, keys and driver. */
import type { Mutant } from './mutant.ts';

const CODEC = 'codec/message-codec.test.ts';

export const HOST_PITFALLS: readonly Mutant[] = [
  {
    what: 'a signature does not cover the type of the statement',
    edits: [
      {
        file: 'codec/statement-codec.ts',
        find: '    textItem(statement.type),\n',
        replace: '',
      },
    ],
    caught: { by: 'test', file: CODEC, test: 'Rule signed: what is signed' },
  },
  {
    what: 'a signature does not cover the cluster',
    edits: [{ file: 'codec/statement-codec.ts', find: '    hexItem(clusterId),\n', replace: '' }],
    caught: { by: 'test', file: CODEC, test: 'Rule signed: what is signed' },
  },
  {
    what: 'the folder of a new store is not made durable in the folder above it',
    edits: [
      {
        file: 'storage/make-folder.ts',
        find: '    await syncFolder(dirname(path));\n',
        replace: '    if (syncFolder === undefined) return;\n',
      },
    ],
    caught: { by: 'test', file: 'storage/make-folder.test.ts', test: 'is there for good' },
  },
  {
    what: 'a data folder that another process has is taken',
    edits: [
      {
        file: 'storage/folder-lock.ts',
        find: '    if (holder !== null) {',
        replace: "    if (holder === '') {",
      },
    ],
    caught: {
      by: 'test',
      file: 'storage/folder-lock.test.ts',
      test: 'is refused while another process has it',
    },
  },
  {
    what: 'a failed write is taken for a write',
    edits: [
      {
        file: 'driver/driver.ts',
        find: "(error: unknown) => this.#fail('storage-failed', 'a write was not made durable', error),",
        replace: "() => this.input({ type: 'persisted', ticket: effect.ticket }),",
      },
    ],
    caught: {
      by: 'test',
      file: 'driver/mokka.test.ts',
      test: 'stops with a reason when a write fails',
    },
  },
  {
    what: 'writes go on after one that failed',
    edits: [
      { file: 'storage/group-commit.ts', find: '    this.#failure = failure;\n', replace: '' },
      {
        file: 'storage/group-commit.ts',
        find: '    for (const write of this.#queue.splice(0)) write.reject(poisonedBy(failure));\n',
        replace: '',
      },
    ],
    caught: {
      by: 'test',
      file: 'storage/group-commit.test.ts',
      test: 'never runs a write that follows a failed one',
    },
  },
  {
    what: 'checksums of stored values are not compared',
    edits: [
      {
        file: 'storage/checked-value.ts',
        find: 'checksumOf(bytes).compare(bytes, 0, CHECKSUM_BYTES, 0, CHECKSUM_BYTES) === 0 &&',
        replace: 'checksumOf(bytes).length > 0 &&',
      },
    ],
    caught: {
      by: 'test',
      file: 'storage/lmdb.test.ts',
      test: 'never serves a value with a flipped bit',
    },
  },
  {
    what: 'a log that lost entries at its end is taken for a shorter one',
    edits: [
      {
        file: 'driver/restore.ts',
        find: '  if (applied.index > lastIndex) {',
        replace: '  if (applied.index > lastIndex + 1e9) {',
      },
    ],
    caught: {
      by: 'test',
      file: 'driver/restore.test.ts',
      test: 'refuses a log that ends below what is applied',
    },
  },
  {
    what: 'a log with a gap is cut off at the gap',
    edits: [
      {
        file: 'driver/restore.ts',
        find: 'if (entry.index !== parent.index + 1 || entry.parentHash !== parent.hash) {',
        replace:
          'if (entry.index !== parent.index + 1 || entry.parentHash !== parent.hash) {\n      return read.map(({ value }) => value).filter(({ index }) => index < entry.index);',
      },
    ],
    caught: {
      by: 'test',
      file: 'driver/restore.test.ts',
      test: 'refuses a log with a gap',
    },
  },
  {
    what: 'a malformed frame of a member is not expected',
    edits: [
      {
        file: 'driver/driver.ts',
        find: '      if (!(error instanceof DecodeError)) throw error;\n',
        replace: '      if (error instanceof DecodeError) throw error;\n',
      },
    ],
    caught: {
      by: 'test',
      file: 'driver/mokka.test.ts',
      test: 'goes on when a member sends what is no message',
    },
  },
  {
    what: 'whoever has a key gets a link',
    edits: [
      {
        file: 'transport/tls/tls-transport.ts',
        find: 'const link = peer === undefined ? undefined : this.#links.get(peer);',
        replace:
          'const link = peer === undefined ? undefined : (this.#links.get(peer) ?? [...this.#links.values()][0]);',
      },
    ],
    caught: {
      by: 'test',
      file: 'transport/tls/hostile-peer.test.ts',
      test: 'TlsTransport against strangers drops a key that is no member',
    },
  },
  {
    what: 'a frame may have any length',
    edits: [
      {
        file: 'transport/tls/frame.ts',
        find: '      if (length > maxBytes) {',
        replace: '      if (length > 2 ** 32) {',
      },
    ],
    caught: {
      by: 'test',
      file: 'transport/tls/frame.test.ts',
      test: 'refuses a length before any byte',
    },
  },
  {
    what: 'numbers may have leading zeros',
    edits: [
      {
        file: 'codec/rlp.ts',
        find: 'if (bytes.length > MAX_INTEGER_BYTES || bytes[0] === 0) {',
        replace: 'if (bytes.length > MAX_INTEGER_BYTES) {',
      },
    ],
    caught: { by: 'test', file: 'codec/rlp.test.ts', test: 'integers' },
  },
  {
    what: 'a key shows its secret when it is printed',
    edits: [
      {
        file: 'identity/node-key.ts',
        find: "return { id: this.id, secret: 'redacted' };",
        replace: "return { id: this.id, secret: this.#seed.toString('hex') as 'redacted' };",
      },
    ],
    caught: {
      by: 'test',
      file: 'identity/identity.test.ts',
      test: 'shows its secret in no way',
    },
  },
  {
    what: 'numbers of entries are kept in another order than that of numbers',
    edits: [
      {
        file: 'storage/lmdb.ts',
        find: 'bytes.writeBigUInt64BE(BigInt(key));',
        replace: 'bytes.writeBigUInt64LE(BigInt(key));',
      },
      {
        file: 'storage/lmdb.ts',
        find: 'return Number(Buffer.from(bytes).readBigUInt64BE());',
        replace: 'return Number(Buffer.from(bytes).readBigUInt64LE());',
      },
    ],
    caught: { by: 'test', file: 'storage/lmdb.test.ts', test: 'LmdbStorage orders keys by number' },
  },
  {
    what: 'a busy node believes a timeout before it has read what came meanwhile',
    edits: [
      {
        file: 'driver/driver.ts',
        find: '      setImmediate(() => this.#onTimer());',
        replace: '      this.#onTimer();',
      },
    ],
    caught: {
      by: 'test',
      file: 'driver/mokka.test.ts',
      test: 'follows its leader after it was busy',
    },
  },
  {
    what: 'timeouts follow the wall clock',
    edits: [
      {
        file: 'driver/driver.ts',
        find: 'core.step(input, { now: clock.now(), unixTime: clock.unixTime() })',
        replace: 'core.step(input, { now: clock.unixTime(), unixTime: clock.unixTime() })',
      },
    ],
    caught: {
      by: 'test',
      file: 'driver/mokka.test.ts',
      test: 'follows its leader after it was busy',
    },
  },
  {
    what: 'a transport that is closed keeps its server',
    edits: [
      {
        file: 'transport/tls/tls-transport.ts',
        find: '        else this.#server.close(() => resolve());',
        replace: '        else resolve();',
      },
    ],
    caught: {
      by: 'test',
      file: 'transport/tls/tls-transport.test.ts',
      test: 'leaves nothing open after close',
    },
  },
  {
    what: 'the inbox of pushes has no bound',
    edits: [
      {
        file: 'ordered-log/push-inbox.ts',
        find: 'if (held.bytes + chunk.bytes.length > this.#maxBytes) return false;',
        replace: 'if (held.bytes + chunk.bytes.length < this.#maxBytes * 0) return false;',
      },
    ],
    caught: {
      by: 'test',
      file: 'ordered-log/ordered-state.test.ts',
      test: 'holds no more than its bound for an origin',
    },
  },
];
