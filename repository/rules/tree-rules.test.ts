import { describe, expect, it } from 'vitest';
import { type Finding, formatFinding } from '../finding.ts';
import { memoryTree } from '../repository-tree.ts';
import { sourceFiles } from '../source-file.ts';
import { checkDocuments } from './documents.ts';
import { checkLockFiles } from './lock-files.ts';
import { checkPitfalls } from './pitfalls.ts';
import { checkTexts, FILE_LINES_MAX } from './texts.ts';
import { checkUnusedCode } from './unused-code.ts';
import { checkUnusedDependencies } from './unused-dependencies.ts';

const places = (findings: readonly Finding[]): readonly string[] =>
  findings.map((finding) => `${finding.file}:${finding.line} ${finding.rule}`);

describe('texts', () => {
  const check = (text: string, path = 'docs/a.md') =>
    places(checkTexts(memoryTree({ [path]: text })));

  it.each(['FIX' + 'ME later', '// TO' + 'DO', 'is not yet implement' + 'ed'])(
    'may not leave work behind: %s',
    (text) => {
      expect(check(`first\n${text}`)).toEqual(['docs/a.md:2 leftover']);
    },
  );

  it.each([
    `see /${'root'}/x`,
    `'/${'home'}/ann/praline'`,
    `/${'work'}/main`,
    `https://registry${'.'}example.org/x`,
  ])('may not name a machine: %s', (text) => {
    expect(check(text)).toEqual(['docs/a.md:1 foreign-word']);
  });

  it('may use such words inside others', () => {
    expect(check('src/work/a.ts, https://example.org/home/x, rootHash, ./root/a')).toEqual([]);
  });

  it('keeps addresses out of lock files, and their other content alone', () => {
    const lock = '{\n"resolved": "https://example.org/a.tgz",\n"funding": "https://example.org" }';
    expect(check(lock, 'bench/package-lock.json')).toEqual([
      'bench/package-lock.json:2 foreign-word',
    ]);
  });

  it('bounds the length of source files, counting lines as editors do', () => {
    expect(check('x;\n'.repeat(FILE_LINES_MAX), 'a.ts')).toEqual([]);
    expect(check('x;\n'.repeat(FILE_LINES_MAX + 1), 'a.ts')).toEqual([
      `a.ts:${FILE_LINES_MAX + 1} file-length`,
    ]);
    expect(check('x\n'.repeat(FILE_LINES_MAX + 1), 'a.md')).toEqual([]);
  });
});

describe('documents', () => {
  const files = {
    'docs/guide.md': '# The Guide: part 1\n## Same `code`',
    'packages/mokka/src/core/step.ts': 'export function step() {}',
    'spec/model.qnt': '  /// After a jump.\n  action step: bool = true\n  def tip(n) = n',
    'README.md': '',
  };
  const check = (text: string) =>
    places(checkDocuments(memoryTree({ ...files, 'docs/page.md': text })));

  it.each([
    '[a](guide.md)',
    '[a](./guide.md#the-guide-part-1)',
    '[a](guide.md#same-code)',
    '[a](../README.md), ![b](../packages)',
    '[a](https://example.org/gone)',
    '[a](#here)\n# Here',
    '`packages/mokka/src/core/step.ts#step` and `packages/*/src`',
    '`spec/model.qnt#step`, `spec/model.qnt#tip`',
    '`guide.md`, `eth_call/eth_sign`, `a/b`, `node packages/gone.ts`',
    '`packages/cli/dist/main.js` is built',
    '```\n[a](gone.md) packages/gone\n```',
    'in code: `[a](gone.md)`',
  ])('may say %s', (text) => {
    expect(check(text)).toEqual([]);
  });

  it.each([
    ['[a](gone.md)', 'dead-link'],
    ['[a](guide.md#part-2)', 'dead-link'],
    ['[a]: ../gone', 'dead-link'],
    ['[a](#gone)', 'dead-link'],
    ['`packages/mokka/src/gone.ts`', 'dead-path'],
    ['`packages/gone/*`', 'dead-path'],
    ['`packages/mokka/src/core/step.ts#jump`', 'dead-path'],
    ['`spec/model.qnt#jump`', 'dead-path'],
    ['`docs/gone.md` and `gone.md`', 'dead-path'],
  ])('may not say %s', (text, rule) => {
    const found = check(`\n${text}`);
    expect(new Set(found)).toEqual(new Set([`docs/page.md:2 ${rule}`]));
  });
});

describe('the table of pitfalls', () => {
  const check = (...cells: readonly string[]) =>
    checkPitfalls(
      memoryTree({
        'docs/pitfalls.md': `| no. | caught by |\n| --- | --- |\n| ${cells.join(' | ')} |\n`,
        'a/b.test.ts': "it('notices it')",
        'packages/mokka/src/simulator/mutants/mistakes.ts': "what: 'a mistake'",
      }),
    ).map(({ line, message }) => `${line} ${message}`);

  it.each(['`a/b.test.ts`', '`a/b.test.ts` "notices it"; mutants "a mistake", "mistake"', 'row 3'])(
    'takes %s',
    (cell) => {
      expect(check('1', cell)).toEqual([]);
    },
  );

  it.each([
    ['`a/gone.test.ts`', 'a/gone.test.ts is no file'],
    ['`a/b.test.ts` "is gone"', '"is gone" is not in a/b.test.ts'],
    ['`a/b.test.ts`; mutant "notices it"', '"notices it" is not in packages'],
    ['nothing yet', 'name the test'],
  ])('reports %s', (cell, message) => {
    expect(check('1', cell)[0]).toContain(`3 ${message}`);
  });
});

describe('the index of the documents', () => {
  it('names every page', () => {
    const tree = memoryTree({
      'docs/README.md': '[a](a.md), [b](reference/b.md#b)',
      'docs/a.md': '',
      'docs/reference/b.md': '# b',
      'docs/reference/c.md': '',
    });
    expect(places(checkDocuments(tree))).toEqual(['docs/reference/c.md:1 unlisted-page']);
  });
});

describe('unused code', () => {
  const check = (texts: Readonly<Record<string, string>>) => {
    const tree = memoryTree(texts);
    return checkUnusedCode(tree, sourceFiles(tree)).map(formatFinding);
  };

  it('reports values that no other file imports, and files that nothing reaches', () => {
    const found = check({
      'packages/a/src/index.ts': "import { used } from './a.ts'; export const x = used;",
      'packages/a/src/a.ts':
        'export const used = 1;\nexport function spare() {}\nexport type T = 1;',
      'packages/a/src/alone.ts': 'export const x = 1;',
    });
    expect(found).toEqual([
      'packages/a/src/a.ts:2 unused-export: no other file imports spare; drop "export", or remove it',
      'packages/a/src/alone.ts:1 unused-file: nothing imports or starts this file; remove it',
    ]);
  });

  it('accepts interfaces of a package, workers, commands and whole-module imports', () => {
    const found = check({
      'package.json': '{"scripts":{"a":"node packages/a/dist/main.js"}}',
      'packages/a/src/index.ts': "export * from './a.ts'; export const own = 1;",
      'packages/a/src/a.ts': "export const x = new URL('./worker.ts', import.meta.url);",
      'packages/a/src/thread.ts': "const entry = './second-worker';",
      'packages/a/src/second-worker.ts': "import './thread.ts';",
      'packages/a/src/worker.ts': "import * as b from './b.ts'; b;",
      'packages/a/src/b.ts': 'export const y = 1;',
      'packages/a/src/main.ts': 'start();',
      'packages/a/src/script.mjs': "import('./from-script.ts');",
      'packages/a/src/from-script.ts': 'start();',
      'packages/a/src/a.test.ts': 'test();',
    });
    expect(found).toEqual([]);
  });
});

describe('lock files', () => {
  const check = (packages: object) =>
    places(
      checkLockFiles(memoryTree({ 'package-lock.json': JSON.stringify({ packages }, null, 1) })),
    );

  it('name every dependency of what they hold, where Node.js would look for it', () => {
    const complete = {
      '': { dependencies: { a: '1' } },
      'packages/x': { dependencies: { b: '1' } },
      'node_modules/a': { optionalDependencies: { '@s/b-linux': '1', c: '1' } },
      'node_modules/a/node_modules/c': { dependencies: { b: '1' } },
      'node_modules/@s/b-linux': {},
      'node_modules/b': {},
    };
    expect(check(complete)).toEqual([]);
    const { 'node_modules/@s/b-linux': _, ...incomplete } = complete;
    expect(check(incomplete)).toEqual(['package-lock.json:13 dependency']);
    expect(check({ ...complete, 'node_modules/b': { dependencies: { c: '1' } } })).toHaveLength(1);
  });
});

describe('unused dependencies', () => {
  it('are reported where only tests, or nothing, import them', () => {
    const dependencies = { used: '1', '@s/used': '1', tested: '1', spare: '1' };
    const tree = memoryTree({
      'packages/a/package.json': JSON.stringify({ name: 'a', dependencies }, null, 1),
      'packages/a/src/a.ts': "import 'used'; export * from '@s/used/part'; // import 'spare'",
      'packages/a/src/a.test.ts': "import 'tested';",
    });
    const found = checkUnusedDependencies(tree, sourceFiles(tree)).map(formatFinding);
    expect(found).toEqual([
      expect.stringMatching(/^packages\/a\/package\.json:6 dependency: nothing .* imports tested;/),
      expect.stringMatching(/^packages\/a\/package\.json:7 dependency: nothing .* imports spare;/),
    ]);
  });
});
