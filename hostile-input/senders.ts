/** Two ways to a node that bring back exactly what it answered. */
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { WebSocket } from 'ws';
import { problemOf } from './answer-check.ts';

/** A request that is not answered for this long is a finding, ms: beyond the node's own limits of execution. */
const ANSWER_TIMEOUT_MS = 60_000;

/** Tells what was wrong. */
export type Report = (problem: string, sent: string, answer: string) => void;

export interface Sender {
  /** Resolves when the message is dealt with, whatever came of it; rejects when the node is gone. */
  send(text: string): Promise<void>;
  close(): void;
}

export class HttpSender implements Sender {
  readonly #url: string;
  readonly #report: Report;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(url: string, report: Report) {
    this.#url = url;
    this.#report = report;
  }

  async send(text: string): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const outgoing = request(this.#url, { method: 'POST', agent: this.#agent, headers });
    outgoing.setTimeout(ANSWER_TIMEOUT_MS, () => outgoing.destroy(new Error('no answer in time')));
    outgoing.end(text);
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    const answer = Buffer.concat(chunks).toString('utf8');
    const { statusCode } = response;
    if (statusCode === 204 && answer === '') return;
    const problem =
      statusCode === 200 ? problemOf(text, answer) : `HTTP status ${statusCode ?? 'none'}`;
    if (problem !== undefined) this.#report(problem, text, answer);
  }

  close(): void {
    this.#agent.destroy();
  }
}

const PROBE_ID = 'is anything left?';

/** After each message it asks something harmless: what answers that has survived the message. */
export class WebSocketSender implements Sender {
  readonly #report: Report;
  readonly #socket: WebSocket;
  #sent = '';
  #answered = () => {};
  #failed = (_error: Error) => {};

  private constructor(socket: WebSocket, report: Report) {
    this.#socket = socket;
    this.#report = report;
    socket.on('message', (data) => this.#heard(data.toString()));
    socket.on('close', (code) => this.#failed(new Error(`the node closed a WebSocket (${code})`)));
    socket.on('error', (error) => this.#failed(error));
  }

  static async open(url: string, report: Report): Promise<WebSocketSender> {
    const socket = new WebSocket(url);
    await once(socket, 'open');
    return new WebSocketSender(socket, report);
  }

  async send(text: string): Promise<void> {
    this.#sent = text;
    const answered = new Promise<void>((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
    });
    const late = setTimeout(() => this.#failed(new Error('no answer in time')), ANSWER_TIMEOUT_MS);
    this.#socket.send(text);
    this.#socket.send(
      JSON.stringify({ jsonrpc: '2.0', id: PROBE_ID, method: 'eth_chainId', params: [] }),
    );
    await answered.finally(() => clearTimeout(late));
  }

  close(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.terminate();
  }

  #heard(answer: string): void {
    const problem = problemOf(this.#sent, answer, true);
    if (problem !== undefined) this.#report(problem, this.#sent, answer);
    if (answer.includes(PROBE_ID)) this.#answered();
  }
}
