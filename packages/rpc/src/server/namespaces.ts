/** Which methods one listener has, by the part of their names before the underscore, as in geth and Besu. */
import { namespaceOf as beginningOf, type Method } from '../method.ts';
import type { MethodRegistry } from '../registry.ts';

/** Methods as one listener's clients know them. */
export interface MethodView {
  get(name: string): Method | undefined;
  all(): Iterable<Method>;
}

/** What methods of nodes for development are called; `dev` names all of them. */
const DEVELOPMENT = ['anvil', 'evm', 'hardhat', 'miner', 'tenderly'];
/** Always there: a client must be able to ask what else is. */
const ALWAYS = 'rpc';

/** Namespace of a method: its own choice, or the beginning of its name. */
function namespaceOf({ name, namespace }: Pick<Method, 'name' | 'namespace'>): string {
  return namespace ?? beginningOf(name);
}

/** All names that select some of these methods, sorted. */
export function namespacesOf(methods: Iterable<Method>): string[] {
  const names = new Set([...methods].map(namespaceOf));
  if (DEVELOPMENT.some((name) => names.has(name))) names.add('dev');
  return [...names].sort();
}

/** `undefined`: all methods. */
export function viewOf(
  registry: MethodRegistry,
  namespaces: readonly string[] | undefined,
): MethodView {
  if (namespaces === undefined) return registry;
  const chosen = new Set([ALWAYS, ...namespaces]);
  if (chosen.has('dev')) for (const name of DEVELOPMENT) chosen.add(name);
  const has = (method: Method): boolean => chosen.has(namespaceOf(method));
  return {
    get: (name) => {
      const method = registry.get(name);
      return method !== undefined && has(method) ? method : undefined;
    },
    all: () => [...registry.all()].filter(has),
  };
}
