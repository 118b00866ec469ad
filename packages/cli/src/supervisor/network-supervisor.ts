/** Runs all nodes of a cluster file as child processes and reports what happens to them. */
import type { LoadedCluster } from '@praline/node';
import { CommandError, EXIT_CODES, type ExitCode } from '../exit-code.ts';
import { ChildNode } from './child-node.ts';
import { EventMerge } from './event-merge.ts';
import type { NetworkEvent } from './network-event.ts';

/** Pause before a node that died is started again. */
const RESTART_PAUSE_MS = 1_000;

/** A node ended before the network was ready. `code` is a `ConfigErrorCode` where the node gave one. */
export class StartError extends CommandError {
  readonly code: string | null;

  constructor(exitCode: ExitCode, message: string, code: string | null) {
    super(exitCode, message);
    this.code = code;
  }
}

export interface NetworkSupervisorOptions {
  readonly cluster: LoadedCluster;
  /** Whether a node that dies is started again by itself. */
  readonly restart: boolean;
  /** Of the process of one node, counted from 1. */
  readonly nodeArguments: (node: number) => readonly string[];
  readonly onEvent: (event: NetworkEvent) => void;
}

export class NetworkSupervisor {
  readonly #options: NetworkSupervisorOptions;
  readonly #merge: EventMerge;
  readonly #children = new Map<number, ChildNode>();
  /** Why nodes said that they stop. */
  readonly #failures = new Map<number, string>();
  readonly #restarts = new Set<NodeJS.Timeout>();
  #stopping = false;
  #failStart: ((error: Error) => void) | null = null;

  constructor(options: NetworkSupervisorOptions) {
    this.#options = options;
    this.#merge = new EventMerge(options.cluster.file.nodes.length);
  }

  /** Starts every node. Rejects when one ends before the network is ready; the others are stopped then. */
  async start(): Promise<void> {
    const ready = new Promise<void>((resolve, reject) => {
      this.#failStart = reject;
      this.#whenReady = resolve;
    });
    this.#options.cluster.file.nodes.forEach((_, position) => {
      this.#spawn(position + 1);
    });
    try {
      await ready;
    } catch (error) {
      await this.stop();
      throw error;
    } finally {
      this.#failStart = null;
    }
  }

  /** Starts the nodes that are down again; answers which. */
  restartDown(): number[] {
    const down = this.#options.cluster.file.nodes
      .map((_, position) => position + 1)
      .filter((node) => !this.#children.has(node));
    for (const node of down) {
      this.#spawn(node);
    }
    return down;
  }

  /** Stops every node and waits for them. A start that still waits for the network to be ready rejects. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#failStart?.(
      new StartError(EXIT_CODES.failure, 'The network was stopped before it was ready.', null),
    );
    for (const timer of this.#restarts) {
      clearTimeout(timer);
    }
    await Promise.all([...this.#children.values()].map((child) => child.stop()));
  }

  /** Ends every node at once. */
  kill(): void {
    for (const child of this.#children.values()) {
      child.kill();
    }
  }

  #whenReady: () => void = () => {};

  #spawn(node: number): void {
    const child = new ChildNode({
      node,
      clusterPath: this.#options.cluster.path,
      extraArguments: this.#options.nodeArguments(node),
      onEvent: (event) => {
        if (event.event === 'failed') {
          this.#failures.set(node, event.code);
        }
        this.#tell(this.#merge.heard(node, event));
      },
      onExit: ({ code, signal, asked, lastWords }) => {
        if (this.#children.get(node) === child) {
          this.#children.delete(node);
        }
        if (!asked && !this.#stopping) {
          this.#lost(node, code, signal, lastWords);
        }
      },
    });
    this.#children.set(node, child);
    this.#merge.started(node);
  }

  #lost(node: number, code: number | null, signal: string | null, lastWords: string): void {
    if (this.#failStart !== null) {
      this.#failStart(
        new StartError(
          code === EXIT_CODES.configuration ? EXIT_CODES.configuration : EXIT_CODES.failure,
          lastWords === ''
            ? `Node ${node} ended before it was ready.`
            : lastWords.replace(/^praline: /, ''),
          this.#failures.get(node) ?? null,
        ),
      );
      return;
    }
    this.#tell(this.#merge.lost(node, code, signal, lastWords));
    if (this.#options.restart) {
      const timer = setTimeout(() => {
        this.#restarts.delete(timer);
        if (!this.#children.has(node)) {
          this.#spawn(node);
        }
      }, RESTART_PAUSE_MS);
      this.#restarts.add(timer);
    }
  }

  #tell(events: readonly NetworkEvent[]): void {
    for (const event of events) {
      this.#options.onEvent(event);
      if (event.event === 'ready') {
        this.#whenReady();
      }
    }
  }
}
