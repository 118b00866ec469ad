/**
 * Measures what replication rests on, on this machine: synced writes to the store, and frames over TLS between two
 * nodes of one process.
 *
 * Run: `npx tsx --conditions=@praline/source bench/transport.ts [--json]`
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterIdOf, LmdbStorage, NodeKey, TlsTransport, type TransportHandlers } from 'mokka';

interface Result {
  readonly name: string;
  readonly unit: string;
  readonly count: number;
  /** Operations per second. */
  readonly rate: number;
  /** Latency in milliseconds, where single operations are timed. */
  readonly p50: number | null;
  readonly p99: number | null;
}

const ENTRY_BYTES = 1000;

const results = [...(await measureStorage()), ...(await measureTransport())];
if (process.argv.includes('--json')) {
  const machine = { cpus: cpus().length, model: cpus()[0]?.model ?? '', node: process.version };
  process.stdout.write(`${JSON.stringify({ machine, results }, null, 2)}\n`);
} else {
  process.stdout.write(table(results));
}

async function measureStorage(): Promise<Result[]> {
  const folder = await mkdtemp(join(tmpdir(), 'mokka-bench-'));
  const storage = await LmdbStorage.create(folder);
  let index = 0;
  const write = async (): Promise<void> => {
    const value = new Uint8Array(ENTRY_BYTES).fill(index);
    const key = index;
    index += 1;
    await storage.write([
      { type: 'put', table: 'entries', key, value },
      { type: 'put-record', name: 'last', value: new Uint8Array(100) },
    ]);
  };
  const inFlight = (width: number) => async (): Promise<void> => {
    await Promise.all(Array.from({ length: width }, write));
  };
  const measured = [
    await timeEach('synced write of 1 kB, one at a time', 'writes', 1000, write, 1),
    await timeEach('synced writes of 1 kB, 64 in flight', 'writes', 200, inFlight(64), 64),
  ];
  await storage.close();
  await rm(folder, { recursive: true, force: true });
  return measured;
}

async function measureTransport(): Promise<Result[]> {
  const clusterId = clusterIdOf(new Uint8Array());
  const host = '127.0.0.1';
  const nodes = [NodeKey.generate(), NodeKey.generate()].map((key) => ({
    key,
    transport: new TlsTransport({ key, clusterId, host, port: 0 }),
  }));
  const [near, far] = nodes;
  if (near === undefined || far === undefined) throw new Error('two nodes');
  let onAnswer = (): void => undefined;
  let linked = 0;
  let onLinked = (): void => undefined;
  const bothLinked = new Promise<void>((resolve) => {
    onLinked = resolve;
  });
  const handlers = (onFrame: TransportHandlers['onFrame']): TransportHandlers => ({
    onFrame,
    onConnected: () => {
      linked += 1;
      if (linked === 2) onLinked();
    },
    onDisconnected: () => undefined,
  });
  await near.transport.listen(handlers(() => onAnswer()));
  // The far side returns consensus frames, and answers the last application frame of a batch.
  await far.transport.listen(
    handlers((from, channel, frame) => {
      if (channel === 'consensus') far.transport.write(from, 'consensus', frame);
      else if (frame[0] === 1) far.transport.write(from, 'consensus', frame.subarray(0, 1));
    }),
  );
  const peers = nodes.map(({ key, transport }) => ({
    id: key.id,
    host,
    port: transport.port ?? 0,
  }));
  for (const { transport } of nodes) transport.setPeers(peers);
  await bothLinked;

  const answered = (): Promise<void> =>
    new Promise((resolve) => {
      onAnswer = resolve;
    });
  const roundTrip = (bytes: number) => async (): Promise<void> => {
    const answer = answered();
    near.transport.write(far.key.id, 'consensus', new Uint8Array(bytes));
    await answer;
  };
  const batch = (count: number, bytes: number) => async (): Promise<void> => {
    const answer = answered();
    for (let i = 1; i <= count; i += 1) {
      const frame = new Uint8Array(bytes);
      frame[0] = i === count ? 1 : 0;
      if (!near.transport.write(far.key.id, 'application', frame)) throw new Error('queue full');
    }
    await answer;
  };
  const measured = [
    await timeEach('TLS round trip, 200 bytes', 'round trips', 5000, roundTrip(200), 1),
    await timeEach('TLS round trip, 100 kB each way', 'round trips', 500, roundTrip(100_000), 1),
    await timeEach('TLS one way, frames of 200 bytes', 'frames', 50, batch(4000, 200), 4000),
    await timeEach('TLS one way, frames of 100 kB', 'frames', 20, batch(100, 100_000), 100),
  ];
  await Promise.all(nodes.map(({ transport }) => transport.close()));
  return measured;
}

/** Runs an operation after a warm-up; latency is told only where one run is one operation. */
async function timeEach(
  name: string,
  unit: string,
  runs: number,
  run: () => Promise<void>,
  perRun: number,
): Promise<Result> {
  for (let i = 0; i < runs / 10; i += 1) await run();
  const durations: number[] = [];
  const start = performance.now();
  for (let i = 0; i < runs; i += 1) {
    const begun = performance.now();
    await run();
    durations.push(performance.now() - begun);
  }
  const seconds = (performance.now() - start) / 1000;
  durations.sort((a, b) => a - b);
  const at = (share: number): number | null =>
    perRun === 1 ? (durations[Math.floor(durations.length * share)] ?? null) : null;
  const count = runs * perRun;
  return { name, unit, count, rate: count / seconds, p50: at(0.5), p99: at(0.99) };
}

function table(rows: readonly Result[]): string {
  const ms = (value: number | null): string => (value === null ? '-' : value.toFixed(2));
  const lines = rows.map((row) =>
    [
      row.name.padEnd(40),
      row.rate.toFixed(0).padStart(10),
      ms(row.p50).padStart(10),
      ms(row.p99).padStart(10),
    ].join(''),
  );
  const head = `${''.padEnd(40)}${'per s'.padStart(10)}${'p50 ms'.padStart(10)}${'p99 ms'.padStart(10)}`;
  return `${[head, ...lines].join('\n')}\n`;
}
