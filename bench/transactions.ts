/**
 * What a transaction costs before it is executed: decoding with the recovery of its sender, the rules, the object the
 * EVM library wants, and its way through pools of two sizes. Run:
 * `npx tsx --conditions=@praline/source bench/transactions.ts [--json] [--count N] [--pool N]`.
 */
import { parseArgs } from 'node:util';
import {
  type Address,
  createGenesis,
  DEV_CHAIN_ID,
  DEV_MNEMONIC,
  decodeTransaction,
  deriveAccounts,
  devGenesisFile,
  executableTransaction,
  type Hash,
  Mempool,
  nobleScheme,
  type SignedTransaction,
  signatureScheme,
  signTransaction,
  validateTransaction,
  weiOf,
} from '@praline/chain';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    count: { type: 'string', default: '2000' },
    pool: { type: 'string', default: '16000' },
  },
});

interface Row {
  readonly what: string;
  /** Microseconds of one, the median of five rounds after one that is not counted. */
  readonly microseconds: number;
}

const ROUNDS = 5;
const SENDERS = deriveAccounts(DEV_MNEMONIC, 100);
const { common } = createGenesis(devGenesisFile());

function sign(sender: number, nonce: number): Uint8Array {
  const key = SENDERS[sender]?.privateKey;
  const to = SENDERS[(sender + 1) % SENDERS.length]?.address;
  if (key === undefined || to === undefined) throw new Error('There is no such sender.');
  return signTransaction(
    {
      type: 2,
      chainId: BigInt(DEV_CHAIN_ID),
      nonce: BigInt(nonce),
      maxFeePerGas: weiOf(2_000_000_000n),
      maxPriorityFeePerGas: weiOf(1_000_000_000n),
      gasLimit: 21_000n,
      to,
      value: weiOf(1n),
      input: '0x',
      accessList: [],
    },
    key,
  );
}

function measure(what: string, count: number, round: () => void): Row {
  const times: number[] = [];
  for (let number = 0; number <= ROUNDS; number++) {
    const start = performance.now();
    round();
    if (number > 0) times.push(((performance.now() - start) * 1_000) / count);
  }
  const sorted = times.sort((left, right) => left - right);
  return { what, microseconds: Number((sorted[ROUNDS >> 1] ?? 0).toFixed(1)) };
}

function poolOf(nonces: Map<Address, bigint>): Mempool {
  return new Mempool({
    account: (address) => ({ nonce: nonces.get(address) ?? 0n, balance: 10n ** 24n }),
    gasLimit: () => 30_000_000n,
    baseFee: () => 1_000_000_000n,
    common: () => common,
  });
}

/** A block of 100 senders' next transactions: proposed, and committed. */
function blockCost(transactions: readonly SignedTransaction[]): Row[] {
  const nonces = new Map<Address, bigint>();
  const pool = poolOf(nonces);
  for (const transaction of transactions) pool.add(transaction);
  const size = transactions.length;
  const proposed: SignedTransaction[] = [];
  const propose = measure(`propose one of 100, pool of ${size}`, SENDERS.length, () => {
    proposed.length = 0;
    const candidates = pool.candidates({ baseFee: 1_000_000_000n });
    for (const candidate of candidates) {
      if (proposed.push(candidate) === SENDERS.length) break;
    }
  });
  const commit = measure(`commit one of 100, pool of ${size}`, SENDERS.length, () => {
    const mined = new Set<Hash>();
    for (const { address } of SENDERS) nonces.set(address, (nonces.get(address) ?? 0n) + 1n);
    pool.onBlockCommitted(
      SENDERS.map(({ address }) => address),
      mined,
    );
  });
  return [propose, commit];
}

const count = Number(values.count);
const raws = Array.from({ length: count }, (_, index) =>
  sign(index % SENDERS.length, Math.floor(index / SENDERS.length)),
);
const decoded = raws.map((raw) => decodeTransaction(raw));
const large = Array.from({ length: Number(values.pool) }, (_, index) =>
  decodeTransaction(sign(index % SENDERS.length, Math.floor(index / SENDERS.length))),
);

const rows: Row[] = [
  measure(`decode and recover (${signatureScheme.name})`, count, () => {
    for (const raw of raws) decodeTransaction(raw);
  }),
  measure(`decode and recover (${nobleScheme.name})`, count, () => {
    for (const raw of raws) decodeTransaction(raw, nobleScheme);
  }),
  measure('validate without state', count, () => {
    for (const { data } of decoded) validateTransaction(data, common);
  }),
  measure('make executable', count, () => {
    for (const transaction of decoded) executableTransaction(transaction, common);
  }),
  measure('sign', count, () => {
    for (let index = 0; index < count; index++) sign(index % SENDERS.length, 0);
  }),
  measure('add to an empty pool', count, () => {
    const pool = poolOf(new Map());
    for (const transaction of decoded) pool.add(transaction);
  }),
  measure(`add to a pool up to ${large.length}`, large.length, () => {
    const pool = poolOf(new Map());
    for (const transaction of large) pool.add(transaction);
  }),
  ...blockCost(decoded),
  ...blockCost(large),
];

if (values.json) {
  process.stdout.write(`${JSON.stringify(rows)}\n`);
} else {
  for (const { what, microseconds } of rows) {
    process.stdout.write(`${what.padEnd(44)}${String(microseconds).padStart(10)} us\n`);
  }
}
