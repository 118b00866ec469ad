/** Something that takes transactions over HTTP: a node to compare with, or a network of Praline. */

export interface Target {
  /** With its version, where it has one of its own. */
  readonly name: string;
  /** One address per node. */
  readonly urls: readonly string[];
  /** One process per node, in the same order. */
  readonly pids: readonly number[];
  /** Ends every process and removes what it wrote. */
  end(): Promise<void>;
}

export interface TargetOptions {
  /** Funded accounts of the development phrase. */
  readonly accounts: number;
  /** Seconds between blocks; 0 makes a block at once. */
  readonly blockTimeSeconds: number;
  /** Of a block, the same for all that are compared. */
  readonly gasLimit: number;
}

/** Starts one, and resolves when it answers. */
export type StartTarget = (options: TargetOptions) => Promise<Target>;
