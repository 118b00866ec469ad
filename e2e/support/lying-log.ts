/** A node that shows an auditor another log than it has: a server that answers `mokka_getLog` from a list. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { callRpc } from '../../harness/json-rpc.ts';

const pageSchema = z.object({
  commitIndex: z.int(),
  firstIndex: z.int(),
  entries: z.array(
    z.object({ index: z.int(), entry: z.string(), certificate: z.string().nullable() }),
  ),
});
export type LogItem = z.infer<typeof pageSchema>['entries'][number];

const questionSchema = z.object({
  id: z.int(),
  method: z.literal('mokka_getLog'),
  params: z.tuple([z.int(), z.int()]),
});

/** The whole log of a node. */
export async function readLog(url: string): Promise<LogItem[]> {
  const log: LogItem[] = [];
  for (;;) {
    const page = pageSchema.parse(await callRpc(url, 'mokka_getLog', [log.length + 1]));
    log.push(...page.entries);
    if (page.entries.length === 0 || log.length >= page.commitIndex) return log;
  }
}

export interface LyingNode {
  readonly url: string;
  close(): Promise<void>;
}

/** Claims that `commitIndex` entries are committed, and gives out those of `log`. */
export async function serveLog(log: readonly LogItem[], commitIndex: number): Promise<LyingNode> {
  const server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk as Uint8Array);
    const asked = questionSchema.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
    const [from, count] = asked.params;
    const entries = log.filter(({ index }) => index >= from).slice(0, count);
    const result = { commitIndex, firstIndex: 1, memberships: [], entries };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ jsonrpc: '2.0', id: asked.id, result }));
  });
  await listening(server);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}
