/** The methods of one server by name. */
import type { Method } from './method.ts';

export class MethodRegistry {
  readonly #methods = new Map<string, Method>();

  /** Throws for a name that exists: two definitions of one method are a mistake of the program. */
  add(methods: Iterable<Method>): void {
    for (const method of methods) {
      if (this.#methods.has(method.name)) throw new Error(`${method.name} is defined twice`);
      this.#methods.set(method.name, method);
    }
  }

  get(name: string): Method | undefined {
    return this.#methods.get(name);
  }

  /** All definitions, for a reference of the methods. */
  all(): Iterable<Method> {
    return this.#methods.values();
  }
}
