/** Prometheus metrics of a node. Each is named once, here, with its unit. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { BlockSummary } from '../threads/thread-contracts.ts';

/** Seconds; from a transfer's block to one that costs a leader its patience. */
const EXECUTION_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** What is read when metrics are asked for. */
export interface MetricsSources {
  readonly term: () => number;
  readonly isLeader: () => boolean;
  readonly hasLeader: () => boolean;
  readonly epoch: () => number;
  readonly validators: () => number;
  readonly connectedValidators: () => number;
  readonly commitIndex: () => number;
  readonly appliedIndex: () => number;
  readonly evidence: () => number;
  readonly pool: () => { readonly pending: number; readonly queued: number };
}

export class NodeMetrics {
  readonly #registry = new Registry();
  readonly #blocks: Counter;
  readonly #transactions: Counter;
  readonly #gas: Counter;
  readonly #printed: Counter;
  readonly #execution: Histogram;
  readonly #elections: Counter;
  readonly #blockNumber: Gauge;

  constructor(sources: MetricsSources) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    const gauge = (name: string, help: string, read: () => number): void => {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    };
    gauge('praline_term', 'Current term', sources.term);
    gauge('praline_is_leader', '1 while this node leads', () => Number(sources.isLeader()));
    gauge('praline_has_leader', '1 while this node knows a leader', () =>
      Number(sources.hasLeader()),
    );
    gauge('praline_epoch', 'Current epoch: changes of the members so far', sources.epoch);
    gauge('praline_validators', 'Validators of the current epoch', sources.validators);
    gauge(
      'praline_connected_validators',
      'Validators with a link, this node included',
      sources.connectedValidators,
    );
    gauge('praline_commit_index', 'Last committed log entry', sources.commitIndex);
    gauge('praline_applied_index', 'Last log entry applied to the chain', sources.appliedIndex);
    gauge(
      'praline_evidence',
      'Stored proofs that validators contradicted themselves',
      sources.evidence,
    );
    gauge('praline_pool_pending_transactions', 'Executable pooled transactions', () => {
      return sources.pool().pending;
    });
    gauge('praline_pool_queued_transactions', 'Pooled transactions behind a nonce gap', () => {
      return sources.pool().queued;
    });
    this.#blockNumber = new Gauge({
      name: 'praline_block_number',
      help: 'Number of the head block',
      registers,
    });
    this.#blocks = new Counter({
      name: 'praline_blocks_total',
      help: 'Blocks applied since the start',
      registers,
    });
    this.#transactions = new Counter({
      name: 'praline_transactions_total',
      help: 'Transactions applied since the start',
      registers,
    });
    this.#gas = new Counter({
      name: 'praline_gas_total',
      help: 'Gas used since the start',
      registers,
    });
    this.#printed = new Counter({
      name: 'praline_console_lines_total',
      help: 'Lines printed by contracts with console.log since the start, in development mode',
      registers,
    });
    this.#elections = new Counter({
      name: 'praline_leader_changes_total',
      help: 'Leaders seen since the start',
      registers,
    });
    this.#execution = new Histogram({
      name: 'praline_block_execution_seconds',
      help: 'Time to execute a block',
      buckets: EXECUTION_BUCKETS,
      registers,
    });
  }

  blockApplied(block: BlockSummary): void {
    this.#blocks.inc();
    this.#transactions.inc(block.transactionCount);
    this.#gas.inc(Number(block.gasUsed));
    for (const { lines, omitted } of block.printed) this.#printed.inc(lines.length + omitted);
    this.#execution.observe(block.executionMs / 1000);
    this.#blockNumber.set(block.number);
  }

  /** The head at the start. */
  startedAt(blockNumber: number): void {
    this.#blockNumber.set(blockNumber);
  }

  leaderChanged(): void {
    this.#elections.inc();
  }

  /** Prometheus text. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
