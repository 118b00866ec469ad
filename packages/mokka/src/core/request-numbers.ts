/**
 * Numbers of a node's questions, so that late answers are told apart, also those to questions from before a restart: every start
 * has another seed, and so a range of its own.
 */

/** Far more than a node asks in one life; seeds have 32 bits, and numbers on the wire are exact up to 53. */
const QUESTIONS_PER_START = 2 ** 20;

/** The number of the question that is the `count`-th since the start with this seed. */
export function requestNumber(seed: number, count: number): number {
  return seed * QUESTIONS_PER_START + count;
}

/** The how manieth question since its node's start this is, for people who read traces. */
export function requestCount(request: number): number {
  return request % QUESTIONS_PER_START;
}
