/** Frames of a transaction in the format that OpenEthereum (Parity) gave traces. */
import type { Hash, ReplayedFrame } from '@praline/chain';
import { quantity } from './quantity.ts';

/** Where a transaction is in the chain. */
export interface TracePlace {
  readonly blockHash: Hash;
  readonly blockNumber: number;
  readonly transactionHash: Hash;
  readonly transactionPosition: number;
}

export function formatParityTrace(frame: ReplayedFrame) {
  const error = frame.error === undefined ? undefined : parityError(frame.error);
  // A revert has an output, which clients read; other failures have nothing.
  const hasResult = error === undefined || error === REVERTED;
  return {
    action: formatAction(frame),
    ...(error !== undefined && { error }),
    result: hasResult ? formatResult(frame) : null,
    subtraces: frame.calls,
    traceAddress: frame.path,
    type: traceType(frame),
  };
}

export function formatPlacedTrace(frame: ReplayedFrame, place: TracePlace) {
  const { action, error, result, ...rest } = formatParityTrace(frame);
  return { action, ...place, ...(error !== undefined && { error }), result, ...rest };
}

function traceType({ type }: ReplayedFrame): 'call' | 'create' | 'suicide' {
  if (type === 'SELFDESTRUCT') return 'suicide';
  return type.startsWith('CREATE') ? 'create' : 'call';
}

function formatAction(frame: ReplayedFrame) {
  const { from, to, input, type } = frame;
  const value = quantity(frame.value ?? 0n);
  const gas = quantity(frame.gas);
  switch (traceType(frame)) {
    case 'suicide':
      return { address: from, balance: value, refundAddress: to };
    case 'create':
      return { creationMethod: type.toLowerCase(), from, gas, init: input, value };
    case 'call':
      return { callType: type.toLowerCase(), from, gas, input, to, value };
  }
}

function formatResult(frame: ReplayedFrame) {
  const gasUsed = quantity(frame.gasUsed);
  switch (traceType(frame)) {
    case 'suicide':
      return null;
    case 'create':
      return frame.error === undefined
        ? { address: frame.to, code: frame.output, gasUsed }
        : { gasUsed, output: frame.output };
    case 'call':
      return { gasUsed, output: frame.output };
  }
}

const REVERTED = 'Reverted';

/** Beginnings of geth's words, and Parity's for the same. */
const PARITY_ERRORS: readonly (readonly [geth: string, parity: string])[] = [
  ['execution reverted', REVERTED],
  ['out of gas', 'Out of gas'],
  ['contract creation code storage out of gas', 'Out of gas'],
  ['gas uint64 overflow', 'Out of gas'],
  ['max code size exceeded', 'Out of gas'],
  ['invalid jump destination', 'Bad jump destination'],
  ['invalid opcode', 'Bad instruction'],
  ['stack underflow', 'Stack underflow'],
  ['stack limit reached', 'Out of stack'],
  ['write protection', 'Mutable Call In Static Context'],
];

function parityError(words: string): string {
  return PARITY_ERRORS.find(([geth]) => words.startsWith(geth))?.[1] ?? words;
}
