/** JSON-RPC without a library, so that the tests see exactly what a node answers. */
import { z } from 'zod';

const answerSchema = z.object({
  jsonrpc: z.literal('2.0'),
  result: z.unknown().optional(),
  error: z
    .object({ code: z.number(), message: z.string(), data: z.unknown().optional() })
    .optional(),
});

/** An error answer of the node. Connection errors stay what `fetch` throws. */
export class JsonRpcError extends Error {
  override readonly name = 'JsonRpcError';
  readonly code: number;
  readonly data: unknown;

  constructor(method: string, error: { code: number; message: string; data?: unknown }) {
    super(`${method}: ${error.message} (code ${error.code})`);
    this.code = error.code;
    this.data = error.data;
  }
}

/** The result, as whatever type the caller expects of it. Throws `JsonRpcError`. */
export async function callRpc<Result>(
  url: string,
  method: string,
  params: readonly unknown[] = [],
  timeoutMs = 30_000,
  headers: Readonly<Record<string, string>> = {},
): Promise<Result> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const { text } = await post(url, body, headers, timeoutMs);
  const answer = answerSchema.parse(JSON.parse(text));
  if (answer.error !== undefined) {
    const { code, message, data } = answer.error;
    throw new JsonRpcError(method, { code, message, data });
  }
  return answer.result as Result;
}

/** Sends a body as it is. */
export async function post(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
  timeoutMs = 30_000,
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
    signal: AbortSignal.timeout(timeoutMs),
  });
  return { status: response.status, text: await response.text() };
}
