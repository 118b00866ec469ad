/**
 * What it costs to verify a long log as `praline verify --data` does: entries a second, by the wall clock and by processor time,
 * and memory. The log is made here: blocks of one transfer, each entry with a certificate of its own. Run:
 * `npx tsx --conditions=@praline/source bench/verify.ts [--json] [--entries N] [--validators N] [--crash-model CFT|BFT]`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  Chain,
  createGenesis,
  DEV_CHAIN_ID,
  DEV_MNEMONIC,
  decodeTransaction,
  deriveAccounts,
  devGenesisFile,
  type Genesis,
  parseAddress,
  signTransaction,
  weiOf,
} from '@praline/chain';
import {
  createEntry,
  Ed25519Scheme,
  type Entry,
  type Epoch,
  encodeCertificate,
  encodeEntry,
  LmdbStorage,
  type LogIndex,
  leaderOf,
  NodeKey,
  quorumSize,
  StatementSigner,
  type StorageOperation,
  type Term,
  type TermVote,
  type Vote,
} from 'mokka';
import { encodeTermStart } from '../packages/mokka/src/codec/term-start-codec.ts';
import { encodeBlockPayload } from '../packages/node/src/chain-thread/block-payload.ts';
import { stateDigestOf } from '../packages/node/src/chain-thread/state-digest.ts';
import { storeIdentity } from '../packages/node/src/config/cluster-identity.ts';
import { StoredLogSource } from '../packages/node/src/verification/stored-log-source.ts';
import { verifyLog } from '../packages/node/src/verification/verify-log.ts';
import { mainThreadSeconds } from './processor-time.ts';
import { formatTable, progress, rounded } from './report.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    entries: { type: 'string', default: '20000' },
    validators: { type: 'string', default: '4' },
    'crash-model': { type: 'string', default: 'BFT' },
  },
});

const MEBIBYTE = 1_048_576;
const SAMPLE_INTERVAL_MS = 20;
/** Blocks made before they are written. */
const BATCH = 64;
const FIRST_SECOND = 1_900_000_000;
const TERM = 1 as Term;
const EPOCH = 0 as Epoch;
const [SENDER] = deriveAccounts(DEV_MNEMONIC, 1);
const COINBASE = parseAddress(`0x${'c0'.repeat(20)}`);

interface Written {
  readonly entry: Entry;
  readonly operations: readonly StorageOperation[];
}

/** Signs what a quorum of the validators of genesis would. */
class Validators {
  readonly #signers: readonly { readonly key: NodeKey; readonly signer: StatementSigner }[];
  readonly #genesis: Genesis;

  constructor(keys: readonly NodeKey[], genesis: Genesis) {
    const { clusterId, crashModel } = storeIdentity(genesis, keys[0]?.id ?? NodeKey.generate().id);
    this.#genesis = genesis;
    this.#signers = keys
      .slice(0, quorumSize(crashModel, keys.length))
      .map((key) => ({ key, signer: new StatementSigner(clusterId, new Ed25519Scheme(key)) }))
      .sort((left, right) => (left.key.id < right.key.id ? -1 : 1));
  }

  termStart(): Uint8Array {
    const { rootHash } = storeIdentity(
      this.#genesis,
      this.#signers[0]?.key.id ?? NodeKey.generate().id,
    );
    const lock = { term: 0 as Term, index: 0 as LogIndex, hash: rootHash };
    const votes = this.#signers.map(({ key, signer }) =>
      signer.sign<TermVote>({ type: 'term-vote', epoch: EPOCH, term: TERM, lock, voter: key.id }),
    );
    return encodeTermStart({ proof: { epoch: EPOCH, term: TERM, votes }, certificate: null });
  }

  certify({ index, hash }: Entry): Uint8Array {
    const place = { phase: 'commit', epoch: EPOCH, term: TERM, index, hash } as const;
    const votes = this.#signers.map(({ key, signer }) => ({
      voter: key.id,
      signature: signer.sign<Vote>({ type: 'vote', ...place, voter: key.id }).signature,
    }));
    return encodeCertificate({ ...place, votes });
  }
}

async function makeLog(
  storage: LmdbStorage,
  chain: Chain,
  genesis: Genesis,
  keys: readonly NodeKey[],
  count: number,
): Promise<void> {
  const ids = keys.map(({ id }) => id);
  const validators = new Validators(keys, genesis);
  const { rootHash } = storeIdentity(genesis, ids[0] ?? NodeKey.generate().id);
  const write = (
    parent: { readonly index: number; readonly hash: Entry['hash'] },
    fields: Pick<Entry, 'kind' | 'payload' | 'stateDigest' | 'timestamp'>,
  ): Written => {
    const entry = createEntry({
      ...fields,
      index: (parent.index + 1) as LogIndex,
      term: TERM,
      epoch: EPOCH,
      parentHash: parent.hash,
      proposer: leaderOf(ids, TERM),
    });
    const key = entry.index;
    const operations: StorageOperation[] = [
      { type: 'put', table: 'entries', key, value: encodeEntry(entry) },
      { type: 'put', table: 'certificates', key, value: validators.certify(entry) },
    ];
    return { entry, operations };
  };
  let written = write(
    { index: 0, hash: rootHash },
    {
      kind: 'term-start',
      payload: validators.termStart(),
      stateDigest: stateDigestOf(chain.head.hash),
      timestamp: FIRST_SECOND * 1_000,
    },
  );
  let operations = [...written.operations];
  let parent = chain.head;
  while (written.entry.index < count) {
    const blocks: { hash: typeof parent.hash }[] = [];
    while (written.entry.index < count && blocks.length < BATCH) {
      const timestamp = FIRST_SECOND + written.entry.index;
      const built = await chain.buildBlock(parent.hash, {
        timestamp,
        coinbase: COINBASE,
        extraData: '0x',
        candidates: [decodeTransaction(transfer(written.entry.index - 1))],
        maxBytes: 1_000_000,
        allowEmpty: false,
      });
      if (built.block === null) throw new Error('a block has no transfer');
      written = write(written.entry, {
        kind: 'payload',
        payload: encodeBlockPayload(built.raw),
        stateDigest: stateDigestOf(parent.hash),
        timestamp: timestamp * 1_000,
      });
      operations.push(...written.operations);
      parent = built.block.header;
      blocks.push({ hash: parent.hash });
    }
    await chain.commit(blocks, new Uint8Array(8));
    await storage.write(operations);
    operations = [];
    progress(`making the log: ${written.entry.index} of ${count} entries`);
  }
}

function transfer(nonce: number): Uint8Array {
  if (SENDER === undefined) throw new RangeError('no sender');
  return signTransaction(
    {
      type: 2,
      chainId: BigInt(DEV_CHAIN_ID),
      nonce: BigInt(nonce),
      gasLimit: 21_000n,
      to: COINBASE,
      value: weiOf(1n),
      input: '0x',
      maxFeePerGas: weiOf(100_000_000_000n),
      maxPriorityFeePerGas: weiOf(1n),
      accessList: [],
    },
    SENDER.privateKey,
  );
}

const usedMiB = () => {
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / MEBIBYTE;
};

async function measure(count: number, validators: number, crashModel: 'CFT' | 'BFT') {
  const folder = mkdtempSync(join(tmpdir(), 'praline-bench-'));
  const keys = Array.from({ length: validators }, () => NodeKey.generate());
  const genesis = createGenesis(
    devGenesisFile({ accounts: 1, crashModel, validators: keys.map(({ id }) => id) }),
  );
  try {
    const chain = await Chain.create(join(folder, 'chain'), genesis);
    const storage = await LmdbStorage.create(join(folder, 'consensus'));
    await makeLog(storage, chain, genesis, keys, count);
    await chain.close();
    const source = new StoredLogSource(storage, { chain: null, certificate: null });
    const [usedBefore, residentBefore] = [usedMiB(), process.memoryUsage.rss() / MEBIBYTE];
    let most = usedBefore;
    const sample = setInterval(() => {
      most = Math.max(most, usedMiB());
    }, SAMPLE_INTERVAL_MS);
    const processor = process.cpuUsage();
    const mainThread = mainThreadSeconds();
    const result = await verifyLog({ genesis, source });
    const { user, system } = process.cpuUsage(processor);
    const mainSeconds = mainThreadSeconds() - mainThread;
    clearInterval(sample);
    await source.close();
    const processorSeconds = (user + system) / 1_000_000;
    if (result.entries !== count) throw new Error('not all entries were verified');
    return {
      entries: count,
      crashModel,
      validators,
      signatures: count * quorumSize(crashModel, validators),
      seconds: result.seconds,
      entriesPerSecond: result.entriesPerSecond,
      processorSeconds,
      entriesPerProcessorSecond: count / processorSeconds,
      /** The rest is on other threads: with enough processors this is what bounds the rate. */
      mainThreadSeconds: mainSeconds,
      mostUsedMiB: most - usedBefore,
      residentMiB: process.memoryUsage.rss() / MEBIBYTE - residentBefore,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const crashModel = values['crash-model'] === 'CFT' ? 'CFT' : 'BFT';
const row = await measure(Number(values.entries), Number(values.validators), crashModel);
if (values.json) process.stdout.write(`${JSON.stringify(row)}\n`);
else {
  const cells = Object.entries(row).map(([name, value]) => [
    name,
    typeof value === 'number' ? rounded(value) : value,
  ]);
  process.stdout.write(`${formatTable(['', ''], cells)}\n`);
}
