/**
 * Code that must give the same result on every node and in every replay: no clock, no randomness, no timer, no
 * process, no disk, no network. Each ban says what to use instead.
 */
import type { Finding } from '../finding.ts';
import { child, nameOf, type SourceFile, type SyntaxNode } from '../source-file.ts';

/** Folders that hold such code. Their tests may do as they like. */
const PURE_FOLDERS = [
  'packages/mokka/src/core/',
  'packages/chain/src/execution/',
  'packages/chain/src/trie/',
  'packages/chain/src/state/',
];

const TIME = 'take the time as an argument: it comes in with the tick or with the block';
const RANDOMNESS = 'take a seed or the bytes as an argument';
const TIMER = 'return what to wait for; the driver owns the timers';
const OUTSIDE = 'return an effect; the driver does input and output';

const BANNED_MEMBERS: Readonly<Record<string, string>> = {
  'Date.now': TIME,
  'performance.now': TIME,
  'process.hrtime': TIME,
  'Math.random': RANDOMNESS,
  'crypto.randomBytes': RANDOMNESS,
  'crypto.randomUUID': RANDOMNESS,
  'crypto.getRandomValues': RANDOMNESS,
};

const BANNED_CALLS: Readonly<Record<string, string>> = {
  setTimeout: TIMER,
  setInterval: TIMER,
  setImmediate: TIMER,
  queueMicrotask: TIMER,
  fetch: OUTSIDE,
  randomBytes: RANDOMNESS,
  randomFillSync: RANDOMNESS,
  randomInt: RANDOMNESS,
  randomUUID: RANDOMNESS,
};

/** Objects of which every member is banned. */
const BANNED_OBJECTS: Readonly<Record<string, string>> = {
  process: 'take the value as an argument; configuration is read once at the edge',
};

const BANNED_MODULES: ReadonlySet<string> = new Set(
  [
    ['fs', 'fs/promises', 'net', 'tls', 'http', 'http2', 'https', 'dgram', 'dns', 'os', 'process'],
    ['child_process', 'cluster', 'worker_threads', 'timers', 'timers/promises', 'perf_hooks'],
    ['readline', 'repl', 'tty'],
  ].flatMap((names) => names.map((name) => `node:${name}`)),
);

export function checkPureCode(sources: readonly SourceFile[]): readonly Finding[] {
  return sources
    .filter((source) => !source.isTest && PURE_FOLDERS.some((one) => source.path.startsWith(one)))
    .flatMap((source) => [
      ...source.imports
        .filter((reference) => BANNED_MODULES.has(reference.specifier))
        .map((reference) => finding(source, reference.line, reference.specifier, OUTSIDE)),
      ...source.nodes.flatMap((node) => {
        const banned = bannedUse(node);
        return banned === undefined
          ? []
          : [finding(source, source.lineOf(node.start), banned.what, banned.instead)];
      }),
    ]);
}

function bannedUse(node: SyntaxNode): { what: string; instead: string } | undefined {
  const use = (what: string | undefined, table: Readonly<Record<string, string>>) => {
    const instead = what === undefined || !Object.hasOwn(table, what) ? undefined : table[what];
    return what === undefined || instead === undefined ? undefined : { what, instead };
  };
  switch (node.type) {
    case 'MemberExpression': {
      const holder = child(node, 'object');
      const object =
        nameOf(holder) === 'globalThis' ? undefined : nameOf(child(node, 'object', 'Identifier'));
      const property = nameOf(child(node, 'property'));
      if (nameOf(holder) === 'globalThis') return use(property, BANNED_CALLS);
      return use(`${object}.${property}`, BANNED_MEMBERS) ?? use(object, BANNED_OBJECTS);
    }
    case 'CallExpression': {
      const callee = nameOf(child(node, 'callee', 'Identifier'));
      return callee === 'Date' ? { what: 'Date()', instead: TIME } : use(callee, BANNED_CALLS);
    }
    case 'NewExpression':
      return nameOf(child(node, 'callee')) === 'Date' && isEmpty(node['arguments'])
        ? { what: 'new Date()', instead: TIME }
        : undefined;
    default:
      return undefined;
  }
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function finding(source: SourceFile, line: number, what: string, instead: string): Finding {
  return {
    file: source.path,
    line,
    rule: 'pure-code',
    message: `${what} in deterministic code; ${instead}`,
  };
}
