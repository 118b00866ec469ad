/**
 * Tests of the suite that differ from what it expects, each with the reason. A test that is listed here and passes is
 * reported as a failure, so that the list stays true.
 */
interface KnownDifference {
  /** Text that file and name of the test, with a blank between them, must match. */
  readonly tests: RegExp;
  readonly reason: string;
  /** It would take hours, so that it is not even tried. */
  readonly isTooLong?: true;
}

const KEY_IS_PREFIX =
  'a key is the beginning of another; no trie of Ethereum has such keys (they are hashes or RLP integers), and ours has no place for them';

const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    tests: /TransactionWithSvalueHigh Frontier$/,
    reason: 'signatures with a high s value are refused under all rules; EIP-2 came after Frontier',
  },
  {
    tests: /TrieTests\/trieanyorder\.json (dogs|foo|puppy|smallValues|testy)$/,
    reason: KEY_IS_PREFIX,
  },
  {
    tests: /TrieTests\/trietest\.json (branch-value-update|emptyValues|insert-middle-leaf)$/,
    reason: KEY_IS_PREFIX,
  },
  {
    tests: /test_beacon_root_equal_to_timestamp\[.*timestamp_1844674407370955161[45]\]$/,
    reason: 'block times beyond 2^53 seconds, after the year 285 million, are refused here',
  },
  {
    tests: /CALLBlake2f_MaxRounds/,
    reason:
      'not run: 4,294,967,295 rounds of BLAKE2 (EIP-152) take hours in JavaScript; they cost as much gas, more than any block has',
    isTooLong: true,
  },
];

/** The entry of the list, if the test is there. */
export function knownDifference(file: string, test: string): KnownDifference | undefined {
  return KNOWN_DIFFERENCES.find(({ tests }) => tests.test(`${file} ${test}`));
}
