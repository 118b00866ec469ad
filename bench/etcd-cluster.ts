/**
 * Three nodes of etcd as three processes, TLS between them as between ours, and a client of its gRPC interface. The client is
 * Node's own HTTP/2 with the two messages of a put written by hand: nothing lighter speaks to etcd from Node.js.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { type ClientHttp2Session, connect } from 'node:http2';
import { join } from 'node:path';
import { z } from 'zod';
import { freePorts } from '../harness/free-ports.ts';
import { until } from '../harness/until.ts';

const statusSchema = z.object({
  header: z.object({ member_id: z.string() }),
  leader: z.string().optional(),
});

/** The version that is installed, or null. */
export function etcdVersion(): string | null {
  try {
    const text = execFileSync('etcd', ['--version'], { encoding: 'utf8' });
    return /etcd Version: (\S+)/.exec(text)?.[1] ?? 'unknown';
  } catch {
    return null;
  }
}

export class EtcdCluster {
  readonly #children: readonly ChildProcess[];
  readonly #urls: readonly string[];

  private constructor(children: readonly ChildProcess[], urls: readonly string[]) {
    this.#children = children;
    this.#urls = urls;
  }

  static async start(folder: string): Promise<EtcdCluster> {
    const ports = await freePorts(6);
    const names = ['etcd-1', 'etcd-2', 'etcd-3'];
    const peers = names.map((_, at) => `https://127.0.0.1:${ports[at]}`);
    const urls = names.map((_, at) => `http://127.0.0.1:${ports[at + 3]}`);
    const cluster = names.map((name, at) => `${name}=${peers[at]}`).join();
    const children = names.map((name, at) =>
      spawn(
        'etcd',
        [
          ...['--name', name, '--data-dir', join(folder, name), '--log-level', 'error'],
          ...['--peer-auto-tls', '--listen-peer-urls', peers[at] ?? ''],
          ...['--initial-advertise-peer-urls', peers[at] ?? '', '--initial-cluster', cluster],
          ...['--listen-client-urls', urls[at] ?? '', '--advertise-client-urls', urls[at] ?? ''],
        ],
        { stdio: 'ignore' },
      ),
    );
    process.once('exit', () => {
      for (const child of children) child.kill('SIGKILL');
    });
    const etcd = new EtcdCluster(children, urls);
    await etcd.leaderUrl();
    return etcd;
  }

  get pids(): readonly number[] {
    return this.#children.map((child) => child.pid ?? 0);
  }

  async leaderUrl(): Promise<string> {
    return until(async () => {
      for (const url of this.#urls) {
        const response = await fetch(`${url}/v3/maintenance/status`, {
          method: 'POST',
          body: '{}',
        });
        const { header, leader } = statusSchema.parse(await response.json());
        if (leader === header.member_id) return url;
      }
      throw new Error('nobody leads');
    });
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGTERM');
        await ended;
      }),
    );
  }
}

/** Puts over one HTTP/2 connection, as many at once as are called. */
export class EtcdClient {
  readonly #session: ClientHttp2Session;

  constructor(url: string) {
    this.#session = connect(url);
    this.#session.setMaxListeners(0);
  }

  /** Rejects with what etcd says. */
  put(key: string, value: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const stream = this.#session.request({
        ':method': 'POST',
        ':path': '/etcdserverpb.KV/Put',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      let status = 'no status';
      stream.on('trailers', (trailers) => {
        status = `${trailers['grpc-status']} ${trailers['grpc-message'] ?? ''}`;
      });
      stream.on('error', reject);
      stream.on('close', () => {
        if (status.startsWith('0 ')) resolve();
        else reject(new Error(`etcd refused a put: ${status}`));
      });
      stream.resume();
      stream.end(putRequest(key, value));
    });
  }

  close(): void {
    this.#session.close();
  }
}

/** A gRPC frame with a `PutRequest`: field 1 is the key, field 2 the value, both shorter than 16 KiB. */
function putRequest(key: string, value: string): Uint8Array {
  const message = Buffer.concat([bytesField(1, key), bytesField(2, value)]);
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

function bytesField(number: number, text: string): Uint8Array {
  const bytes = Buffer.from(text);
  const length =
    bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7];
  return Buffer.concat([Uint8Array.of((number << 3) | 2, ...length), bytes]);
}
