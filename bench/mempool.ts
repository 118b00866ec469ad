/**
 * What a full pool costs: 100,000 pending transactions of 1,000 senders. Run:
 * `npm run bench -- mempool [--json] [--transactions N] [--senders N]`. Rates are per second of processor time. Transactions
 * are made without signatures, whose recovery `npm run bench -- transactions` measures.
 */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { MempoolLimits } from '@praline/chain';
import {
  PoolFixture,
  testAddress,
  testTransaction,
} from '../packages/chain/src/testing/pool-fixture.ts';
import type { SignedTransaction } from '../packages/chain/src/transaction/signed-transaction.ts';
import { formatTable, rounded } from './report.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    transactions: { type: 'string', default: '100000' },
    senders: { type: 'string', default: '1000' },
  },
});

/** Transactions of one block of 60 million gas. */
const BLOCK_TRANSACTIONS = 2_857;

/** Processor time in seconds. */
function seconds(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000_000;
}

function countOf(name: 'transactions' | 'senders'): number {
  const count = Number(values[name]);
  if (!Number.isSafeInteger(count) || count < 1)
    throw new Error(`--${name} is a whole number above 0`);
  return count;
}

interface Row {
  readonly step: string;
  readonly count: number;
  readonly perSecond: number;
}

function measure(
  step: string,
  transactions: readonly SignedTransaction[],
  run: (one: SignedTransaction) => void,
): Row {
  const taken = seconds(() => {
    for (const one of transactions) run(one);
  });
  return { step, count: transactions.length, perSecond: transactions.length / taken };
}

setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

/** What is in use after a full collection. */
function heapMiB(): number {
  if (typeof collectGarbage === 'function') collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

const total = countOf('transactions');
const senders = countOf('senders');
const perSender = Math.ceil(total / senders);
const limits: MempoolLimits = {
  countMax: total,
  bytesMax: 256 * 2 ** 20,
  senderCountMax: perSender + 1,
  senderQueuedMax: perSender + 1,
};
const fixture = new PoolFixture(limits);
const { pool } = fixture;
for (let sender = 0; sender <= senders; sender += 1) fixture.fund(testAddress(sender), 10n ** 24n);

/** `total` transactions, a nonce of every sender after the other. */
function transactionsOf(feeCap: number): SignedTransaction[] {
  return Array.from({ length: total }, (_, index) =>
    testTransaction({
      from: testAddress(index % senders),
      nonce: Math.floor(index / senders),
      feeCap: feeCap + (index % 97),
      size: 110,
    }),
  );
}

function tryAdd(one: SignedTransaction): void {
  try {
    pool.add(one);
  } catch {
    // Refusals are part of what is measured.
  }
}

const first = transactionsOf(1_000);
const before = heapMiB();
const rows: Row[] = [measure('insert, in order', first, (one) => void pool.add(one))];
const heap = heapMiB() - before;
const { pending } = pool.status();
rows.push(measure('replace', transactionsOf(2_000), (one) => void pool.add(one)));
const flood = Array.from({ length: Math.min(total, 20_000) }, (_, nonce) =>
  testTransaction({ from: testAddress(senders), nonce, feeCap: 9_000, size: 110 }),
);
rows.push(measure('insert, full, one sender floods', flood, tryAdd));
const floods = pool.content().pending.get(testAddress(senders))?.length ?? 0;
let selected = 0;
const selection = seconds(() => {
  for (let block = 0; block < 20; block += 1) {
    const candidates = pool.candidates({ baseFee: 0n });
    for (let count = 0; count < BLOCK_TRANSACTIONS && candidates.current(); count += 1) {
      candidates.accept();
      selected += 1;
    }
  }
});
rows.push({ step: 'select for blocks', count: selected, perSecond: selected / selection });
const backwards = new PoolFixture(limits);
backwards.fund(testAddress(0), 10n ** 24n);
const reversed = Array.from({ length: perSender }, (_, index) =>
  testTransaction({ from: testAddress(0), nonce: perSender - 1 - index, size: 110 }),
);
rows.push(
  measure('insert behind a gap, backwards', reversed, (one) => void backwards.pool.add(one)),
);

const figures = { pending, senders, heapMiB: heap, floodAccepted: floods, rows };
if (values.json) process.stdout.write(`${JSON.stringify({ name: 'mempool', figures })}\n`);
else {
  const table = formatTable(
    ['step', 'transactions', 'per second'],
    rows.map(({ step, count, perSecond }) => [step, String(count), rounded(perSecond)]),
  );
  process.stdout.write(
    `\n${table}\n\n${pending} pending of ${senders} senders take ${rounded(heap)} MiB of heap beside the transactions themselves; of the flood ${floods} are in the full pool.\nProcessor time; one run.\n`,
  );
}
