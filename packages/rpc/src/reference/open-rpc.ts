/**
 * The methods of a server as an OpenRPC document (https://spec.open-rpc.org, version 1.3). Schemas of parameters are made
 * from the zod schemas that parse them, as the side that a client sends. What OpenRPC has no place for has names that
 * begin with `x-`, as it allows.
 */
import { z } from 'zod';
import type { JsonValue } from '../json.ts';
import {
  type Method,
  type MethodExample,
  namespaceOf,
  type Parameter,
  type Peer,
} from '../method.ts';

/** A JSON Schema, draft 7; units of numbers are in `x-unit`. */
export type Schema = { readonly [member: string]: JsonValue };
export type Schemas = Readonly<Record<string, Schema>>;

/** Type aliases, not interfaces: only those are known to be JSON. */
export type OpenRpcDocument = {
  readonly openrpc: '1.3.2';
  readonly info: { readonly title: string; readonly version: string };
  readonly methods: readonly OpenRpcMethod[];
  readonly components: { readonly schemas: Schemas };
};

export type OpenRpcMethod = {
  readonly name: string;
  readonly tags: readonly { readonly name: string }[];
  readonly summary: string;
  readonly paramStructure: 'by-position';
  readonly params: readonly {
    readonly name: string;
    readonly description: string;
    readonly required: boolean;
    readonly schema: Schema;
  }[];
  readonly result: { readonly name: string; readonly description: string; readonly schema: Schema };
  readonly errors: readonly { readonly code: number; readonly message: string }[];
  readonly examples: readonly OpenRpcExample[];
  readonly 'x-peers': readonly Peer[];
  readonly 'x-alias-of': string | null;
  readonly 'x-development-mode': boolean;
};

export type OpenRpcExample = {
  readonly name: string;
  readonly params: readonly { readonly name: string; readonly value: JsonValue }[];
  /** Absent where the example is of an error. */
  readonly result?: { readonly name: string; readonly value: JsonValue };
  readonly 'x-error'?: { readonly code: number; readonly message: string };
  /** Why another result comes at another time. */
  readonly 'x-varies'?: string;
};

export function openRpcDocument(
  methods: Iterable<Method>,
  { version }: { readonly version: string },
): OpenRpcDocument {
  const described = [...methods]
    .map(describe)
    .sort((a, b) => (a.method.name < b.method.name ? -1 : 1));
  const schemas = merged(described.map((one) => one.schemas));
  return {
    openrpc: '1.3.2',
    info: { title: 'Praline', version },
    methods: described.map(({ method }) => method),
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
    },
  };
}

interface Described {
  readonly method: OpenRpcMethod;
  /** Those that the parameters refer to. */
  readonly schemas: Schemas;
}

/** Methods do not change, and making schemas takes time that clients could ask for again and again. */
const known = new WeakMap<Method, Described>();

function describe(method: Method): Described {
  const before = known.get(method);
  if (before !== undefined) return before;
  const params = method.params.map((parameter) => ({ parameter, ...schemaOf(parameter) }));
  const described: Described = {
    method: {
      name: method.name,
      tags: [{ name: namespaceOf(method.name) }],
      summary: method.summary,
      paramStructure: 'by-position',
      params: params.map(({ parameter: { name, description, absent }, schema }) => ({
        name,
        description,
        required: absent === undefined,
        schema,
      })),
      result: { name: 'result', description: method.result, schema: {} },
      errors: method.errors.map(({ code, when }) => ({ code, message: when })),
      examples: [exampleOf(method.example, method.params)],
      'x-peers': method.peers,
      'x-alias-of': method.aliasOf ?? null,
      'x-development-mode': method.needsDevelopmentMode ?? false,
    },
    schemas: merged(params.map(({ schemas }) => schemas)),
  };
  known.set(method, described);
  return described;
}

function exampleOf(example: MethodExample, params: Method['params']): OpenRpcExample {
  return {
    name: 'on the example chain',
    params: example.params.map((value, position) => ({
      name: params[position]?.name ?? '',
      value,
    })),
    ...('result' in example ? { result: { name: 'result', value: example.result } } : {}),
    ...('error' in example ? { 'x-error': example.error } : {}),
    ...(example.varies === undefined ? {} : { 'x-varies': example.varies }),
  };
}

/** Schemas that have an id are referred to, wherever they stand. */
function schemaOf({ schema }: Parameter<unknown>): { schema: Schema; schemas: Schemas } {
  const made = z.toJSONSchema(schema, { io: 'input', target: 'draft-7' });
  const text = JSON.stringify(made).replaceAll('"#/definitions/', '"#/components/schemas/');
  const { $schema: _, definitions = {}, ...rest } = JSON.parse(text) as Schema;
  return { schema: rest, schemas: definitions as Schemas };
}

/** Throws where two schemas have one name: a mistake of the program. */
function merged(parts: readonly Schemas[]): Schemas {
  const all: Record<string, Schema> = {};
  for (const [name, schema] of parts.flatMap((part) => Object.entries(part))) {
    const other = all[name];
    if (other !== undefined && JSON.stringify(other) !== JSON.stringify(schema)) {
      throw new Error(`two schemas of parameters have the id ${name}`);
    }
    all[name] = schema;
  }
  return all;
}
