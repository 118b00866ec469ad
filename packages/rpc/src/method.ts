/**
 * What a JSON-RPC method is: a name, described parameters, a handler, and enough words and an example that the
 * reference is generated from it. One file per method under `methods/`.
 */
import type { z } from 'zod';
import type { RpcBackend } from './backend.ts';
import { invalidParams } from './errors.ts';
import type { FilterRegistry } from './filters/filter-registry.ts';
import type { JsonValue } from './json.ts';
import type { RpcLimits } from './limits.ts';
import type { Connection } from './server/connection.ts';

/** One positional parameter. Made by `required`, `optional` and `withDefault`. */
export interface Parameter<Value> {
  readonly name: string;
  readonly description: string;
  /** What an absent or null argument means; undefined where one is required. */
  readonly absent: { readonly value: Value } | undefined;
  readonly schema: z.ZodType<Value>;
}

export function required<Value>(
  name: string,
  schema: z.ZodType<Value>,
  description: string,
): Parameter<Value> {
  return { name, schema, description, absent: undefined };
}

export function optional<Value>(
  name: string,
  schema: z.ZodType<Value>,
  description: string,
): Parameter<Value | undefined> {
  return { name, schema, description, absent: { value: undefined } };
}

export function withDefault<Value>(
  name: string,
  schema: z.ZodType<Value>,
  fallback: Value,
  description: string,
): Parameter<Value> {
  return { name, schema, description, absent: { value: fallback } };
}

/**
 * Who else serves a method, of those that users come from: Anvil 1.7, Ganache 7.9, Hardhat 2.22 and 3.18 (with a number
 * where only one of them does), each asked while running; geth 1.17 and Besu as their sources say. An alias counts, a
 * stub that only ever answers with an error does not.
 */
export const PEERS = [
  'anvil',
  'hardhat',
  'hardhat 2',
  'hardhat 3',
  'ganache',
  'geth',
  'besu',
] as const;
export type Peer = (typeof PEERS)[number];

/** What parameters give a handler. */
export type Values<Parameters extends readonly Parameter<unknown>[]> = {
  -readonly [Index in keyof Parameters]: Parameters[Index] extends Parameter<infer Value>
    ? Value
    : never;
};

/** What a handler may use. One per request. */
export interface MethodContext {
  readonly backend: RpcBackend;
  readonly limits: RpcLimits;
  readonly filters: FilterRegistry;
  /** The client's socket; holds its subscriptions. */
  readonly connection: Connection;
  /** All methods of this server. */
  readonly methods: () => Iterable<Method>;
  /** Runs once the answer is on its way: what must not overtake it. */
  readonly afterResponse: (action: () => void) => void;
}

/** A request and its real answer. In texts, `...` stands for what is left out; as the last of a list, for more like it. */
export type MethodExample = {
  readonly params: readonly JsonValue[];
  /** Why another answer comes at another time; only its shape is checked then. */
  readonly varies?: string;
} & (
  | { readonly result: JsonValue }
  | { readonly error: { readonly code: number; readonly message: string } }
);

export interface MethodDescription {
  /** `namespace_method`. */
  readonly name: string;
  /** Where an operator finds it who serves some namespaces only, if not under the beginning of its name. */
  readonly namespace?: string;
  readonly summary: string;
  /** What it answers, with units. */
  readonly result: string;
  /** Other programs that serve this name. */
  readonly peers: readonly Peer[];
  /** The method that this name is another one of. */
  readonly aliasOf?: string;
  /** Only served where the genesis configuration says so. Set by the list that the method is in. */
  readonly needsDevelopmentMode?: true;
  /** Errors beyond invalid parameters that a client should expect. */
  readonly errors: readonly { readonly code: number; readonly when: string }[];
  /** What the example chain answers: a test asks it. */
  readonly example: MethodExample;
  /**
   * In a batch, neighbouring requests of such methods are started together, in order. For methods that wait for a block,
   * so that a batch of transactions shares one.
   */
  readonly startsTogetherInBatch?: boolean;
}

export interface MethodDefinition<Parameters extends readonly Parameter<unknown>[]>
  extends MethodDescription {
  readonly params: Parameters;
  readonly handler: (
    values: Values<Parameters>,
    context: MethodContext,
  ) => JsonValue | Promise<JsonValue>;
}

/** A method as the server holds it, its parameter types checked and forgotten. */
export interface Method extends MethodDescription {
  readonly params: readonly Parameter<unknown>[];
  /** Checks `params` and runs the handler. Throws `RpcError` with code -32602 for bad parameters. */
  readonly invoke: (params: unknown, context: MethodContext) => Promise<JsonValue>;
}

/** What a method's name begins with. */
export function namespaceOf(name: string): string {
  return name.split(/[_.]/, 1)[0] ?? name;
}

export function defineMethod<const Parameters extends readonly Parameter<unknown>[]>(
  definition: MethodDefinition<Parameters>,
): Method {
  const { handler, ...description } = definition;
  return {
    ...description,
    invoke: async (params, context) =>
      handler(parseArguments(definition.params, params) as Values<Parameters>, context),
  };
}

/** Checks positional arguments. geth's wording; `null` counts as absent. */
export function parseArguments(
  parameters: readonly Parameter<unknown>[],
  params: unknown,
): unknown[] {
  const given: unknown = params ?? [];
  if (!Array.isArray(given)) throw invalidParams('non-array args');
  if (given.length > parameters.length) {
    throw invalidParams(`too many arguments, want at most ${parameters.length}`);
  }
  return parameters.map((parameter, index) => {
    const value: unknown = given[index] ?? undefined;
    if (value === undefined) {
      if (parameter.absent !== undefined) return parameter.absent.value;
      throw invalidParams(`missing value for required argument ${index}`);
    }
    const result = parameter.schema.safeParse(value);
    if (result.success) return result.data;
    throw invalidParams(`invalid argument ${index}: ${reasonOf(result.error)}`);
  });
}

function reasonOf(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return 'invalid value';
  return issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`;
}
