/** The entries of a log one after the other: decoded, linked, certified, and the blocks in them. */
import type { Genesis, HeaderData } from '@praline/chain';
import {
  type CommitCertificate,
  DEFAULT_LIMITS,
  DecodeError,
  Ed25519Scheme,
  type Entry,
  type EntryId,
  type Member,
  type NodeId,
  NodeKey,
  parseNodeId,
  StatementSigner,
  type StoreIdentity,
  verifyCertificate,
} from 'mokka';
import {
  decodeCertificate,
  decodeEntry,
  type LogBeginning,
  LogVerificationError,
  LogVerifier,
} from 'mokka/certificates';
import { decodeBlockPayload } from '../chain-thread/block-payload.ts';
import { storeIdentity } from '../config/cluster-identity.ts';
import { BlockChecker } from './block-checker.ts';
import { LogInvalidError } from './log-invalid-error.ts';
import type { LogRecord } from './log-source.ts';
import { SignaturesAhead } from './signatures-ahead.ts';

/** Of a log that does not hold its first entries. */
export interface LogStart {
  readonly first: LogRecord;
  /** The membership entries below it, ascending. */
  readonly memberships: readonly LogRecord[];
}

/** Block number and hash. */
type BlockId = Pick<HeaderData, 'number' | 'hash'>;

export class EntryChecker {
  readonly #identity: StoreIdentity;
  readonly #signatures: SignaturesAhead;
  readonly #log: LogVerifier;
  readonly #blocks: BlockChecker;
  readonly #readFrom: (index: number) => Promise<readonly LogRecord[]>;
  #certifiedHead: BlockId | null;
  #lastHasBlock = false;

  /**
   * `readFrom`: records from an index on, to look ahead where it must be told which of two entries is wrong. `start`: of a log that does
   * not hold its first entries. Throws `LogInvalidError` where that does not lead to the first entry.
   */
  constructor(
    genesis: Genesis,
    readFrom: (index: number) => Promise<readonly LogRecord[]>,
    start: LogStart | null = null,
  ) {
    const validators = genesis.praline.validators.map(parseNodeId);
    // The key of nobody: nothing is signed here.
    const key = NodeKey.generate();
    this.#identity = storeIdentity(genesis, key.id);
    const { clusterId, crashModel, rootHash } = this.#identity;
    this.#signatures = new SignaturesAhead(clusterId, new Ed25519Scheme(key));
    const options = {
      clusterId,
      crashModel,
      rootHash,
      members: validators.map(genesisMember),
      verify: (...signed: Parameters<Ed25519Scheme['verify']>) =>
        this.#signatures.verify(...signed),
      readinessWindow: DEFAULT_LIMITS.readinessWindow,
    };
    this.#log =
      start === null
        ? new LogVerifier(options)
        : reported(() => new LogVerifier({ ...options, beginning: beginningOf(start) }));
    this.#blocks = new BlockChecker(genesis, start === null);
    this.#certifiedHead = this.#blocks.head;
    this.#readFrom = readFrom;
  }

  get last(): EntryId {
    return this.#log.last;
  }

  /** The last entry that a valid certificate covers. */
  get certified(): EntryId {
    return this.#log.certified;
  }

  get epoch(): number {
    return this.#log.epoch;
  }

  get validators(): readonly NodeId[] {
    return this.#log.members.filter(({ role }) => role === 'validator').map(({ id }) => id);
  }

  /** Development operations so far. */
  get operations(): number {
    return this.#blocks.operations;
  }

  /** The last block; null before the first one of a log that begins later. */
  get head(): BlockId | null {
    return this.#blocks.head;
  }

  /** The last block that a valid certificate covers; null when there is none in a log that begins later. */
  get certifiedHead(): BlockId | null {
    if (this.#certifiedHead === null) return null;
    const { number, hash } = this.#certifiedHead;
    return { number, hash };
  }

  /** Checks signatures of records that come later, on other threads; resolves when it has. */
  checkAhead(records: readonly LogRecord[]): Promise<void> {
    return this.#signatures.check(records);
  }

  /** The next entry. Throws `LogInvalidError`; this object is of no use then. */
  async add(record: LogRecord): Promise<void> {
    const index = this.last.index + 1;
    if (record.index !== index) {
      throw invalid('missing-entry', {
        index,
        message: 'it is missing',
        expected: `entry ${index}`,
        found: `entry ${record.index}`,
      });
    }
    const { entry, certificate } = decodeRecord(record);
    await this.#checkPlace(entry, certificate, index);
    this.#checkAgreed(entry, certificate);
    this.#lastHasBlock = this.#blocks.add(entry);
    if (this.certified.index === index) {
      this.#certifiedHead = this.#blocks.head;
    }
  }

  async #checkPlace(
    entry: Entry,
    certificate: CommitCertificate | null,
    index: number,
  ): Promise<void> {
    if (entry.index !== index) {
      throw invalid('broken-link', {
        index,
        message: 'another entry is in its place',
        expected: `entry ${index}`,
        found: `entry ${entry.index}`,
      });
    }
    const { last } = this;
    if (entry.parentHash === last.hash) {
      return;
    }
    if (last.index > 0 && (await this.#isCertified(entry, certificate))) {
      throw invalid('broken-link', {
        index: last.index,
        block: this.#lastHasBlock ? (this.head?.number ?? null) : null,
        message: 'it was changed: a quorum has signed entries above it, which name another one',
        expected: entry.parentHash,
        found: last.hash,
      });
    }
    throw invalid('broken-link', {
      index,
      block: this.#blockOf(entry),
      message:
        last.index === 0
          ? 'it does not begin at this genesis; is this the genesis file of the network?'
          : `its parent is not entry ${last.index}`,
      expected: last.hash,
      found: entry.parentHash,
    });
  }

  #checkAgreed(entry: Entry, certificate: CommitCertificate | null): void {
    try {
      this.#log.add(entry, certificate);
    } catch (error) {
      if (!(error instanceof LogVerificationError)) throw error;
      const { code, index, message } = error;
      if (code === 'wrong-certificate' && index !== entry.index) {
        throw invalid(code, {
          index: entry.index,
          message: `the certificate of entry ${index} that it carries is no quorum of valid votes`,
          expected: `votes for ${this.last.hash} by the validators before it`,
          found: null,
        });
      }
      const isCertificate = code === 'wrong-certificate' && certificate !== null;
      throw invalid(code, {
        index,
        block: index === entry.index ? this.#blockOf(entry) : null,
        message: message.replace(/^entry \d+: /, ''),
        expected: isCertificate
          ? `votes for ${entry.hash} by a quorum of ${this.validators.length} validators`
          : null,
        found: isCertificate
          ? `${certificate.votes.length} votes for entry ${certificate.index}, ${certificate.hash}`
          : null,
      });
    }
  }

  /** Whether a valid certificate of the present epoch covers an entry, over unbroken links. */
  async #isCertified(entry: Entry, certificate: CommitCertificate | null): Promise<boolean> {
    if (certificate !== null) {
      return this.#isValid(entry, certificate);
    }
    try {
      let tip: EntryId = entry;
      for (const record of await this.#readFrom(entry.index + 1)) {
        const next = decodeRecord(record);
        if (next.entry.index !== tip.index + 1 || next.entry.parentHash !== tip.hash) {
          return false;
        }
        tip = next.entry;
        if (next.certificate !== null) {
          return this.#isValid(tip, next.certificate);
        }
      }
    } catch (error) {
      // What is damaged there speaks for nothing.
      if (!(error instanceof LogInvalidError)) throw error;
    }
    return false;
  }

  #isValid(entry: EntryId, certificate: CommitCertificate): boolean {
    const { clusterId, crashModel } = this.#identity;
    const signer = new StatementSigner(clusterId, {
      verify: this.#signatures.verify,
      sign: () => {
        throw new TypeError('a verifier signs nothing');
      },
    });
    const set = { epoch: this.#log.epoch, validators: this.validators, crashModel };
    const isNamed = certificate.index === entry.index && certificate.hash === entry.hash;
    return isNamed && verifyCertificate(certificate, set, signer);
  }

  #blockOf(entry: Entry): number | null {
    const hasBlock = entry.kind === 'payload' && decodeBlockPayload(entry.payload) !== undefined;
    return hasBlock && this.head !== null ? this.head.number + 1 : null;
  }
}

interface Fault {
  readonly index: number;
  readonly block?: number | null;
  readonly message: string;
  readonly expected: string | null;
  readonly found: string | null;
}

function invalid(code: LogInvalidError['code'], fault: Fault): LogInvalidError {
  return new LogInvalidError(code, { block: null, ...fault });
}

/** What the log is judged by before its first entry. Throws `LogInvalidError`. */
function beginningOf({ first, memberships }: LogStart): LogBeginning {
  return {
    first: decodeRecord(first).entry,
    memberships: memberships.map((record) => {
      const { entry, certificate } = decodeRecord(record);
      if (certificate === null) {
        throw invalid('membership-not-certified', {
          index: entry.index,
          message: 'the log begins above it, and its certificate is not there',
          expected: 'a certificate',
          found: null,
        });
      }
      return { entry, certificate };
    }),
  };
}

function reported<Value>(check: () => Value): Value {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof LogVerificationError)) throw error;
    const { code, index, message } = error;
    throw invalid(code, {
      index,
      message: message.replace(/^entry \d+: /, ''),
      expected: null,
      found: null,
    });
  }
}

interface DecodedRecord {
  readonly entry: Entry;
  readonly certificate: CommitCertificate | null;
}

/** Throws `LogInvalidError` `unreadable`. */
function decodeRecord({ index, entry, certificate }: LogRecord): DecodedRecord {
  return {
    entry: decoded(index, 'its bytes', () => decodeEntry(entry)),
    certificate:
      certificate === null
        ? null
        : decoded(index, 'the bytes of its certificate', () => decodeCertificate(certificate)),
  };
}

function decoded<Value>(index: number, what: string, decode: () => Value): Value {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw invalid('unreadable', {
      index,
      message: `${what} are damaged: ${error.message}`,
      expected: null,
      found: null,
    });
  }
}

/** Genesis names keys alone; where they were reached is no part of what is verified. */
function genesisMember(id: NodeId, position: number): Member {
  return { id, host: `validator-${position + 1}`, port: position + 1, role: 'validator' };
}
