/** One test of the suite: one outcome expected of one set of rules. */
export interface TestCase {
  /** With the rules it runs under, such as `addNonConst_d0g0v0_Cancun` or `callcall_00_OOGE Cancun 3`. */
  readonly name: string;
  /** What differs from what the suite expects; undefined when nothing does. */
  run(): Promise<string | undefined>;
}

/** The test's rules are not among ours: nothing was run. */
export class UnsupportedNetworkError extends Error {
  override readonly name = 'UnsupportedNetworkError';

  constructor(network: string) {
    super(`the rules ${network} are not among those of the EVM library`);
  }
}
