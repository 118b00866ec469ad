/** All tests of one file, whatever suite it belongs to: their form says which. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { blockchainCase, blockchainTest } from './blockchain-tests.ts';
import type { FixtureFile } from './fixture-files.ts';
import { knownDifference } from './known-differences.ts';
import { rlpCase, rlpTest } from './rlp-tests.ts';
import { isSelected, type Selection } from './selection.ts';
import { stateCases, stateTest } from './state-tests.ts';
import { type TestCase, UnsupportedNetworkError } from './test-case.ts';
import { transactionCases, transactionTest } from './transaction-tests.ts';
import { trieCase, trieTest } from './trie-tests.ts';

export interface TestResult {
  /** Of the fixture file, below the folder that was run. */
  readonly file: string;
  readonly test: string;
  /** `known`: it differs, and `known-differences.ts` says why. */
  readonly outcome: 'passed' | 'failed' | 'known';
  /** What differs, or why that is known; empty when it passed. */
  readonly reason: string;
}

/** What a process of the pool is asked. */
export interface RunFileRequest {
  readonly file: FixtureFile;
  readonly selection: Selection;
}

/** Never throws: what goes wrong is a failed test. */
export async function runFile(file: FixtureFile, selection: Selection): Promise<TestResult[]> {
  let cases: TestCase[];
  try {
    cases = casesOf(file.name, JSON.parse(readFileSync(file.path, 'utf8')));
  } catch (error) {
    return [failed(file, '(the file)', messageOf(error))];
  }
  const results: TestResult[] = [];
  for (const one of cases) {
    if (isSelected(`${file.name} ${one.name}`, selection)) results.push(await runCase(file, one));
  }
  return results;
}

async function runCase(file: FixtureFile, { name, run }: TestCase): Promise<TestResult> {
  const known = knownDifference(file.name, name);
  if (known?.isTooLong) {
    return { file: file.name, test: name, outcome: 'known', reason: known.reason };
  }
  let difference: string | undefined;
  try {
    difference = await run();
  } catch (error) {
    if (error instanceof UnsupportedNetworkError) {
      return { file: file.name, test: name, outcome: 'known', reason: error.message };
    }
    difference = messageOf(error);
  }
  if (difference === undefined) {
    if (known === undefined) return { file: file.name, test: name, outcome: 'passed', reason: '' };
    return failed(file, name, `passes, but the list of known differences has it: ${known.reason}`);
  }
  if (known === undefined) return failed(file, name, difference);
  return { file: file.name, test: name, outcome: 'known', reason: known.reason };
}

function failed(file: FixtureFile, test: string, reason: string): TestResult {
  return { file: file.name, test, outcome: 'failed', reason };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** Throws on a form that no suite has. */
function casesOf(file: string, json: unknown): TestCase[] {
  const tests = z.record(z.string(), z.record(z.string(), z.unknown())).parse(json);
  return Object.entries(tests).flatMap(([name, test]) => {
    if ('blocks' in test) return blockchainCase(name, blockchainTest.parse(test));
    if ('post' in test) return stateCases(name, stateTest.parse(test));
    if ('txbytes' in test) return transactionCases(name, transactionTest.parse(test));
    if ('root' in test) return trieCase(name, trieTest.parse(test), /secure/i.test(file));
    if ('out' in test) return rlpCase(name, rlpTest.parse(test));
    throw new Error(`${name} has the form of no suite: ${Object.keys(test).join(', ')}`);
  });
}
