/**
 * What the methods of development mode have in common: each asks for one operation of the network's log, and is served
 * under the names that the development nodes have given it, with the result that goes with each name.
 */
import type { DevelopmentOperation, OperationOutcome } from '@praline/chain';
import type { DevelopmentService, RpcBackend } from '../../backend.ts';
import type { JsonValue } from '../../json.ts';
import {
  defineMethod,
  type Method,
  type MethodContext,
  type MethodDefinition,
  type Parameter,
  type Peer,
  type Values,
} from '../../method.ts';

/** Names with who else serves each. The first is the one that the others are said to be the same as. */
export type PeersByName = Readonly<Record<string, readonly Peer[]>>;

export interface DevelopmentMethodDefinition<Parameters extends readonly Parameter<unknown>[]>
  extends Pick<MethodDefinition<Parameters>, 'summary' | 'params' | 'result' | 'example'> {
  readonly names: PeersByName;
  readonly operation: (
    values: Values<Parameters>,
    context: MethodContext,
  ) => DevelopmentOperation | Promise<DevelopmentOperation>;
  /** What the client gets; true or, under `anvil_`, null when absent. */
  readonly answer?: (outcome: OperationOutcome, name: string) => JsonValue;
}

export const NO_QUORUM = {
  code: -32002,
  when: 'the network can not agree at present, for lack of a quorum',
} as const;

/** The same method under each of its names. */
export function underNames(
  names: PeersByName,
  define: (name: string, peers: readonly Peer[]) => Method,
): readonly Method[] {
  const [first] = Object.keys(names);
  return Object.entries(names).map(([name, peers]) => {
    const method = define(name, peers);
    return first === undefined || first === name ? method : { ...method, aliasOf: first };
  });
}

export function developmentMethods<const Parameters extends readonly Parameter<unknown>[]>(
  definition: DevelopmentMethodDefinition<Parameters>,
): readonly Method[] {
  const { names, operation, answer = plainAnswer, example, ...description } = definition;
  const [first = ''] = Object.keys(names);
  const outcome = 'result' in example && typeof example.result === 'boolean' && example.result;
  // Where the example shows the outcome itself, each name shows what it makes of it.
  const isOutcome = 'result' in example && answer(outcome, first) === example.result;
  return underNames(names, (name, peers) =>
    defineMethod<Parameters>({
      ...description,
      name,
      peers,
      example: isOutcome ? { ...example, result: answer(outcome, name) } : example,
      errors: [{ code: -32602, when: 'it is not possible on the chain as it is' }, NO_QUORUM],
      handler: async (values, context) => {
        const wanted = await operation(values, context);
        return answer(await developmentOf(context.backend).apply(wanted), name);
      },
    }),
  );
}

/** Throws `development-mode-only`. */
export function developmentOf({
  development,
}: Pick<RpcBackend, 'development'>): DevelopmentService {
  if (development !== null) return development;
  throw Object.assign(new Error('this chain is not in development mode'), {
    code: 'development-mode-only',
  });
}

/** As the development nodes answer where there is nothing to tell. */
function plainAnswer(_: OperationOutcome, name: string): JsonValue {
  return name.startsWith('anvil_') ? null : true;
}
