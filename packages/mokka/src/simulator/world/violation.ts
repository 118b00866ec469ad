/** A promise of the protocol was broken, or the cluster did not do what it must. Ends the simulation. */
export class ViolationError extends Error {
  readonly code = 'violation';
  /** The promise: a rule of the protocol, or a name such as `agreement` or `liveness`. */
  readonly rule: string;

  constructor(rule: string, message: string) {
    super(`${rule}: ${message}`);
    this.name = 'ViolationError';
    this.rule = rule;
  }
}
