import { describe, expect, it } from 'vitest';
import { formatFinding } from '../finding.ts';
import { memoryTree } from '../repository-tree.ts';
import { sourceFiles } from '../source-file.ts';
import { checkImportEdges } from './import-edges.ts';

const TABLE = [
  '| package | owns | may import |',
  '| --- | --- | --- |',
  '| `packages/low` | a | nothing of ours |',
  '| `packages/high` | b, with `low` inside | `low` |',
].join('\n');

const GOOD: Readonly<Record<string, string>> = {
  'docs/architecture.md': TABLE,
  'package.json': JSON.stringify({ name: 'root', devDependencies: { vitest: '4' } }),
  'packages/low/package.json': JSON.stringify({ name: 'low', dependencies: { zod: '4' } }),
  'packages/low/tsconfig.json': '{ "references": [] }',
  'packages/low/src/index.ts': "export * from './low.ts';",
  'packages/low/src/low.ts':
    "import { z } from 'zod'; import fs from 'node:fs'; export const a = [z, fs];",
  'packages/low/src/low.test.ts': "import { it } from 'vitest'; it('x', () => {});",
  'packages/high/package.json': JSON.stringify({ name: '@us/high', dependencies: { low: '1' } }),
  'packages/high/tsconfig.json': '{ "references": [{ "path": "../low" }] }',
  'packages/high/src/index.ts': "import { a } from 'low'; export const b = a;",
};

function check(changes: Readonly<Record<string, string>>): readonly string[] {
  const tree = memoryTree({ ...GOOD, ...changes });
  return checkImportEdges(tree, sourceFiles(tree)).map(formatFinding);
}

describe('import edges', () => {
  it('accepts a tree in which table, manifests and imports agree', () => {
    expect(check({})).toEqual([]);
  });

  it('accepts a path that the other package exports, and no other', () => {
    const manifest = JSON.stringify({
      name: 'low',
      exports: { '.': {}, './part': {} },
      dependencies: { zod: '4' },
    });
    const using = (path: string) =>
      check({
        'packages/low/package.json': manifest,
        'packages/high/src/index.ts': `import { a } from '${path}'; export const b = a;`,
      });
    expect(using('low/part')).toEqual([]);
    expect(using('low/src/low.ts')).toHaveLength(1);
  });

  it('reports an import against the direction of the table', () => {
    const found = check({ 'packages/low/src/low.ts': "\nimport { b } from '@us/high';" });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(
      /^packages\/low\/src\/low\.ts:2 import-edge: packages\/low may not import packages\/high.*architecture\.md:3/,
    );
  });

  it('sees type imports, re-exports, dynamic imports and import types', () => {
    for (const code of [
      "import type { b } from '@us/high';",
      "export { b } from '@us/high';",
      "export * from '@us/high';",
      "const b = import('@us/high');",
      "let b: import('@us/high').B;",
    ]) {
      expect(check({ 'packages/low/src/low.ts': code }), code).toHaveLength(1);
    }
  });

  it('is not misled by an import in a comment or a string', () => {
    const code = "// import '@us/high'\nconst text = \"import '@us/high'\";";
    expect(check({ 'packages/low/src/low.ts': code })).toEqual([]);
  });

  it('reports a manifest and compiler references that differ from the table, in both directions', () => {
    const found = check({
      'packages/high/package.json': JSON.stringify({ name: '@us/high' }),
      'packages/low/tsconfig.json': '{ "references": [{ "path": "../high" }] }',
    });
    expect(found).toEqual([
      expect.stringMatching(
        /^packages\/high\/package\.json:1 import-edge: dependencies .*add it, or change the table/,
      ),
      expect.stringMatching(/^packages\/low\/tsconfig\.json:1 import-edge: references .*remove it/),
    ]);
  });

  it('reports rows and packages without a partner', () => {
    const table = `${TABLE.replace('`packages/high`', '`packages/gone`')}`;
    expect(check({ 'docs/architecture.md': table })).toEqual(
      expect.arrayContaining([
        expect.stringContaining('add a row for packages/high'),
        expect.stringContaining('packages/gone has no package.json'),
      ]),
    );
  });

  it('reports what is imported without being declared where it is used', () => {
    expect(check({ 'packages/low/src/low.ts': "import 'lodash/get';" })).toEqual([
      expect.stringContaining('dependency: add lodash to packages/low/package.json'),
    ]);
    expect(check({ 'packages/low/src/low.ts': "import 'vitest';" })).toHaveLength(1);
  });

  it('reports imports that reach into a package or leave the folder', () => {
    expect(check({ 'packages/high/src/index.ts': "import 'low/src/low.ts';" })).toHaveLength(1);
    expect(check({ 'packages/high/src/index.ts': "import '../../low/src/low.ts';" })[0]).toContain(
      'leaves its folder',
    );
    expect(check({ 'packages/high/src/index.ts': "import './gone.ts';" })[0]).toContain(
      'names no file',
    );
  });

  it('keeps product packages out of what uses the product from outside, but lets benchmarks time them and the specification compare with them', () => {
    const found = check({ 'e2e/package.json': '{"name":"e2e"}', 'e2e/a.ts': "import 'low';" });
    expect(found).toEqual([expect.stringContaining('command line and JSON-RPC only')]);
    expect(check({ 'bench/a.ts': "import 'low';" })).toEqual([]);
    expect(check({ 'spec/a.ts': "import 'low';" })).toEqual([]);
  });

  it('lets examples import packages by their names, as users do, and nothing inside them', () => {
    expect(check({ 'examples/one/a.test.ts': "import 'low';" })).toEqual([]);
    expect(check({ 'examples/one/a.test.ts': "import 'low/src/low.ts';" })).toHaveLength(1);
  });

  it('lets what is outside the packages share the harness, and nothing else', () => {
    const more = { 'harness/a.ts': 'export const a = 1;', 'bench/b.ts': 'export const b = 1;' };
    expect(check({ ...more, 'e2e/x.ts': "import { a } from '../harness/a.ts'; a;" })).toEqual([]);
    expect(check({ ...more, 'e2e/x.ts': "import { b } from '../bench/b.ts'; b;" })).toHaveLength(1);
    const inside = "import { a } from '../../../harness/a.ts'; a;";
    expect(check({ ...more, 'packages/low/src/low.ts': inside })).toHaveLength(1);
  });

  it('refuses to judge without the table', () => {
    expect(() => check({ 'docs/architecture.md': 'nothing' })).toThrow('may import');
  });
});
