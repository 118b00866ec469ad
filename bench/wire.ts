/** What one committed entry costs between nodes, counted at the transport: messages and bytes, by the number of nodes. */
import {
  type Channel,
  clusterIdOf,
  createStore,
  decodeMessage,
  Ed25519Scheme,
  MemoryNetwork,
  MemoryStorage,
  Mokka,
  NodeKey,
  storeIdentityOf,
} from 'mokka';
import { until } from '../harness/until.ts';
import { type BenchResult, formatTable, progress, rounded } from './report.ts';

const NODES = [3, 4, 7, 13] as const;
const ENTRIES = 100;
const VALUE_BYTES = 100;
/** Messages that go on without entries. */
const HEARTBEATS: ReadonlySet<string> = new Set(['heartbeat', 'heartbeat-ack']);
/** A busy machine must not look like a dead leader, nor have proposals sent again that are only slow to be answered. */
const TIMING = {
  heartbeatInterval: 500,
  electionTimeout: 3_000,
  electionJitter: 500,
  electionTimeoutMax: 6_000,
};

interface Counted {
  readonly nodes: number;
  readonly messagesPerEntry: number;
  readonly bytesPerEntry: number;
  readonly messagesPerEntryAndPeer: number;
  readonly bytesPerEntryAndPeer: number;
}

export async function benchWire(options: { readonly crashModel: string }): Promise<BenchResult> {
  const { crashModel } = options;
  if (crashModel !== 'CFT' && crashModel !== 'BFT') throw new Error('--crash-model is CFT or BFT');
  const rows: Counted[] = [];
  for (const nodes of NODES) {
    progress(`${nodes} nodes`);
    rows.push(await countFor(nodes, crashModel));
  }
  const [first] = rows;
  const last = rows[rows.length - 1];
  if (first === undefined || last === undefined) throw new Error('nothing was counted');
  const growth = last.messagesPerEntryAndPeer / first.messagesPerEntryAndPeer;
  return {
    name: 'wire',
    method: [
      `${ENTRIES} entries of one push of ${VALUE_BYTES} bytes each, made at the leader one after the other; ${crashModel}; nodes in one process over`,
      'the memory transport. Bytes are those of frames, before TLS. Heartbeats and their answers go on without entries and are left out. Messages are linear in',
      'the number of nodes when messages/entry/peer stays the same. Bytes have a second part: a certificate goes to each peer and holds a',
      'signed vote (about 100 bytes) of each member of the quorum.',
      `From ${first.nodes} to ${last.nodes} nodes, messages per entry and peer change by the factor ${rounded(growth)}; were every node to write to every`,
      `other, it would be ${rounded((last.nodes - 1) / (first.nodes - 1))}.`,
    ],
    table: formatTable(
      ['nodes', 'messages/entry', 'bytes/entry', 'messages/entry/peer', 'bytes/entry/peer'],
      rows.map((row) => [
        String(row.nodes),
        rounded(row.messagesPerEntry),
        rounded(row.bytesPerEntry),
        rounded(row.messagesPerEntryAndPeer),
        rounded(row.bytesPerEntryAndPeer),
      ]),
    ),
    figures: { crashModel, rows },
  };
}

async function countFor(count: number, crashModel: 'CFT' | 'BFT'): Promise<Counted> {
  const sent = { messages: 0, bytes: 0 };
  const onFrame = ({ frame, channel }: { frame: Uint8Array; channel: Channel }): boolean => {
    if (channel === 'consensus' && HEARTBEATS.has(decodeMessage(frame).type)) return false;
    sent.messages += 1;
    sent.bytes += frame.length;
    return false;
  };
  const nodes = await startNodes(count, crashModel, onFrame);
  try {
    const leader = await until(() => {
      const found = nodes.find((node) => node.status().role === 'leader');
      if (found === undefined) throw new Error('nobody leads');
      return found;
    });
    await leader.push('warm-up', '');
    await quiet(nodes);
    const { messages: messagesBefore, bytes: bytesBefore } = sent;
    for (let at = 0; at < ENTRIES; at += 1) await leader.push('key', 'x'.repeat(VALUE_BYTES));
    await quiet(nodes);
    const messages = (sent.messages - messagesBefore) / ENTRIES;
    const bytes = (sent.bytes - bytesBefore) / ENTRIES;
    return {
      nodes: count,
      messagesPerEntry: messages,
      bytesPerEntry: bytes,
      messagesPerEntryAndPeer: messages / (count - 1),
      bytesPerEntryAndPeer: bytes / (count - 1),
    };
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
  }
}

/** Until all nodes have committed the same. */
async function quiet(nodes: readonly Mokka[]): Promise<void> {
  await until(() => {
    const indexes = new Set(nodes.map((node) => node.getInfo().committed.index));
    if (indexes.size > 1) throw new Error('nodes differ');
  });
}

async function startNodes(
  count: number,
  crashModel: 'CFT' | 'BFT',
  drop: NonNullable<ConstructorParameters<typeof MemoryNetwork>[0]>['drop'],
): Promise<Mokka[]> {
  const network = new MemoryNetwork(drop === undefined ? {} : { drop });
  const keys = Array.from({ length: count }, () => NodeKey.generate());
  const validators = keys.map(({ id }, at) => ({ id, host: 'memory', port: at + 1 }));
  const clusterId = clusterIdOf(new TextEncoder().encode(validators.map(({ id }) => id).join()));
  return Promise.all(
    keys.map(async (key) => {
      const options = {
        identity: { id: key.id, signatures: new Ed25519Scheme(key) },
        ...{ clusterId, crashModel, validators },
        transport: network.createTransport(key.id),
        storage: new MemoryStorage(),
        timing: TIMING,
      } as const;
      await createStore(options.storage, storeIdentityOf(options));
      const mokka = new Mokka(options);
      await mokka.start();
      return mokka;
    }),
  );
}
