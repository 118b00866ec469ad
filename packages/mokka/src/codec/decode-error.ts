/** Why bytes are not what they claim to be. */
export type DecodeErrorCode =
  /** Not canonical RLP, or nested too deeply. */
  | 'malformed-rlp'
  /** Larger than any message may be. */
  | 'too-large'
  /** A list with another number of items, or an item of another kind. */
  | 'wrong-shape'
  /** A field outside its range or not in its canonical form. */
  | 'bad-field'
  /** A message, statement or entry kind that does not exist. */
  | 'unknown-type';

/**
 * Bytes from a peer or from disk could not be decoded. A correct node never sends such bytes: the verdict on a peer is
 * `blame`, so its link should be dropped.
 */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly code: DecodeErrorCode;
  readonly verdict = 'blame';

  constructor(code: DecodeErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
