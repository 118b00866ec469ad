/** What no answer may be, whatever was asked. */
import { z } from 'zod';

const answerSchema = z
  .strictObject({
    jsonrpc: z.literal('2.0'),
    id: z.union([z.string(), z.number(), z.null()]),
    result: z.unknown().optional(),
    error: z
      .strictObject({ code: z.int(), message: z.string().min(1), data: z.unknown().optional() })
      .optional(),
  })
  .refine((answer) => 'result' in answer !== 'error' in answer, 'has a result or an error');

const notificationSchema = z.strictObject({
  jsonrpc: z.literal('2.0'),
  method: z.literal('eth_subscription'),
  params: z.strictObject({ subscription: z.string(), result: z.unknown() }),
});

/** What the dispatcher answers when a method threw what it did not foresee; Anvil's own refusals may share the code. */
const INTERNAL_ERROR = { code: -32603, message: 'internal error' };
/** Words of the language, of its runtime and of its source files; a client can do nothing with them. */
const INSIDES = [
  /\bat .{0,80}:\d+:\d+/,
  /node:internal|node_modules|file:\/\/|\.(?:js|ts|mjs):\d+/,
  /Cannot (?:read|set|convert|mix|destructure)|is not (?:a function|iterable|defined|an Object)/,
  /\[object Object\]|(?<!received )\bundefined\b|\b(?:Type|Range|Syntax|Reference|Assertion)Error\b/,
  /Maximum call stack|ERR_[A-Z_]+|MDB_/,
];

/** What is wrong with an answer, a batch of them, or what a WebSocket hears unasked; undefined: nothing. */
export function problemOf(sent: string, answer: string, unasked = false): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(answer);
  } catch {
    return 'the answer is not JSON';
  }
  if (unasked && notificationSchema.safeParse(parsed).success) return undefined;
  for (const one of Array.isArray(parsed) ? parsed : [parsed]) {
    const checked = answerSchema.safeParse(one);
    if (!checked.success) return 'the answer is not JSON-RPC';
    const { error } = checked.data;
    if (error === undefined) continue;
    if (error.code === INTERNAL_ERROR.code && error.message === INTERNAL_ERROR.message) {
      return 'an internal error';
    }
    const shown = `${error.message} ${JSON.stringify(error.data ?? '')}`;
    for (const pattern of INSIDES) {
      const found = pattern.exec(shown)?.[0];
      if (found !== undefined && !sent.includes(found)) return `the answer shows "${found}"`;
    }
  }
  return undefined;
}
