import { describe, expect, it } from 'vitest';
import type { Finding } from '../finding.ts';
import { parseSourceFile, type SourceFile } from '../source-file.ts';
import { checkEscapeHatches } from './escape-hatches.ts';
import { checkPureCode } from './pure-code.ts';
import { checkTests } from './tests.ts';

type Rule = (sources: readonly SourceFile[]) => readonly Finding[];

const linesFound = (rule: Rule, path: string, code: string): readonly number[] =>
  rule([parseSourceFile(path, code)]).map((finding) => finding.line);

describe('pure code', () => {
  const core = 'packages/mokka/src/core/step.ts';

  it.each([
    'Date.now()',
    'new Date()',
    'Date()',
    'performance.now()',
    'Math.random()',
    'crypto.randomBytes(8)',
    'randomBytes(8)',
    'setTimeout(() => {}, 1)',
    'globalThis.setTimeout(() => {}, 1)',
    'setImmediate(() => {})',
    'process.env.HOME',
    "fetch('http://127.0.0.1')",
  ])('bans %s', (code) => {
    expect(linesFound(checkPureCode, core, `\nexport const x = ${code};`)).toContain(2);
  });

  it.each(['node:fs', 'node:net', 'node:tls', 'node:timers/promises', 'node:worker_threads'])(
    'bans the module %s',
    (module) => {
      expect(linesFound(checkPureCode, core, `import * as x from '${module}';`)).toEqual([1]);
    },
  );

  it('covers execution, tries and state, and says what to do instead', () => {
    for (const folder of ['execution', 'trie', 'state']) {
      const path = `packages/chain/src/${folder}/x.ts`;
      const [found] = checkPureCode([parseSourceFile(path, 'Date.now();')]);
      expect(found?.message).toContain('take the time as an argument');
    }
  });

  it('leaves alone tests, other folders, texts, and names that only look alike', () => {
    expect(linesFound(checkPureCode, 'packages/mokka/src/core/a.test.ts', 'Date.now();')).toEqual(
      [],
    );
    expect(linesFound(checkPureCode, 'packages/node/src/a.ts', 'Date.now();')).toEqual([]);
    const harmless = [
      '// Date.now() would be wrong here',
      "const text = 'Math.random()';",
      'new Date(0);',
      'this.process(entry);',
      'state.fetch(1);',
      'clock.now();',
    ].join('\n');
    expect(linesFound(checkPureCode, core, harmless)).toEqual([]);
  });
});

describe('tests', () => {
  const path = 'packages/chain/src/a.test.ts';

  it.each([
    'await new Promise((resolve) => setTimeout(resolve, 100));',
    'await new Promise((resolve) => setTimeout(() => resolve(), 100));',
    'await new Promise((resolve) => { setTimeout(() => { resolve(undefined); }, wait); });',
    "import { setTimeout } from 'node:timers/promises';",
    'Atomics.wait(cells, 0, 0, 100);',
  ])('may not sleep: %s', (code) => {
    expect(linesFound(checkTests, path, code)).toEqual([1]);
    expect(linesFound(checkTests, 'e2e/network.ts', code)).toEqual([1]);
  });

  it.each([
    'await new Promise((resolve) => setTimeout(resolve, 0));',
    "import { setImmediate as nextTurn } from 'node:timers/promises';",
    "await new Promise((resolve, reject) => { setTimeout(() => reject(new Error('late')), 100); });",
    'await vi.waitFor(() => expect(x).toBe(1), { timeout: 5_000 });',
  ])('may wait for conditions and limits: %s', (code) => {
    expect(linesFound(checkTests, path, code)).toEqual([]);
  });

  it.each(['it.only', 'test.skip', 'describe.todo', 'it.concurrent.only', 'it.each([1]).skip'])(
    'all run: %s is reported',
    (call) => {
      expect(linesFound(checkTests, path, `${call}('x', () => {});`)).toEqual([1]);
    },
  );

  it('may depend on a condition, and other objects may have such methods', () => {
    const code = "it.skipIf(noFixtures)('x', () => {});\nreader.skip(4);\nprops.only;";
    expect(linesFound(checkTests, path, code)).toEqual([]);
  });
});

describe('escape hatches', () => {
  const path = 'packages/rpc/src/a.ts';

  it.each([
    '// @ts-ignore it is fine, really it is\nf();',
    '// @ts-expect-error\nf();',
    '// biome-ignore lint/suspicious/noExplicitAny: x\nf();',
    'const a: any = 1;',
    'f(b as any);',
  ])('are reported: %s', (code) => {
    expect(linesFound(checkEscapeHatches, path, code)).toEqual([1]);
  });

  it('may stand with their reason', () => {
    const code = [
      "// @ts-expect-error the library's types leave out this overload",
      'f();',
      '// biome-ignore lint/suspicious/noExplicitAny: the callback takes whatever the peer sent',
      'const a: any = 1;',
      'const company = 2;',
    ].join('\n');
    expect(linesFound(checkEscapeHatches, path, code)).toEqual([]);
  });
});
