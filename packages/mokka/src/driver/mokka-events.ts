/** Events of a node, by the names of the original Mokka, with typed subscriptions. */
import type { CoreEvent } from '../core/event.ts';
import type { NodeId } from '../core/types.ts';

/** What each event hands to its listeners. */
export type MokkaEvents = {
  readonly [Type in CoreEvent['type']]: Extract<CoreEvent, { type: Type }>;
} & {
  /** Bytes a peer sent with `send` or `broadcast`. */
  readonly 'application-message': { readonly from: NodeId; readonly bytes: Uint8Array };
};

export type MokkaListener<Type extends keyof MokkaEvents> = (event: MokkaEvents[Type]) => void;

export class EventListeners {
  readonly #listeners = new Map<keyof MokkaEvents, Set<(event: never) => void>>();

  on<Type extends keyof MokkaEvents>(type: Type, listener: MokkaListener<Type>): void {
    const known = this.#listeners.get(type) ?? new Set();
    known.add(listener);
    this.#listeners.set(type, known);
  }

  off<Type extends keyof MokkaEvents>(type: Type, listener: MokkaListener<Type>): void {
    this.#listeners.get(type)?.delete(listener);
  }

  /** Calls all listeners; `failed` hears of one that throws, so that none can stop the node. */
  emit<Type extends keyof MokkaEvents>(
    type: Type,
    event: MokkaEvents[Type],
    failed: (error: unknown) => void,
  ): void {
    for (const listener of [...(this.#listeners.get(type) ?? [])]) {
      try {
        (listener as MokkaListener<Type>)(event);
      } catch (error) {
        failed(error);
      }
    }
  }
}
