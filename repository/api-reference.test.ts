import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { exportedDeclarations, formatReference, type ReferenceSection } from './api-reference.ts';
import { gitTree, type RepositoryTree } from './repository-tree.ts';

const ENTRY = 'packages/mokka/src/index.ts';
const EXPORTS_TEST = 'packages/mokka/src/index.test.ts';
const PAGE = '../docs/reference/mokka-api.md';

const INTRODUCTION = `# The interface of \`mokka\`

Made from the declarations and docstrings of the package's entry; a test fails when this page differs, and
\`npx vitest run --project unit repository -u\` writes it anew. What it is for and how to begin: [the package's
README](../../packages/mokka/README.md). Rules are those of [the protocol](../protocol.md).`;

const SECTIONS: readonly ReferenceSection[] = [
  { folder: 'driver', title: 'A node' },
  { folder: 'ordered-log', title: 'Pushes' },
  { folder: '', title: 'An application of your own' },
  { folder: 'transport', title: 'Transports' },
  { folder: 'storage', title: 'Storage' },
  { folder: 'identity', title: 'Keys and addresses' },
  { folder: 'codec', title: 'Encodings' },
  { folder: 'core', title: 'The protocol core, and what it speaks of' },
];

function treeOf(files: Readonly<Record<string, string>>): RepositoryTree {
  return { files: Object.keys(files), read: (path) => files[path] ?? '' };
}

describe('the reference of exports', () => {
  it('of mokka is the page in the documentation', async () => {
    const tree = gitTree(fileURLToPath(new URL('..', import.meta.url)));
    const declarations = exportedDeclarations(tree, ENTRY);
    const page = formatReference(INTRODUCTION, SECTIONS, declarations);
    await expect(page).toMatchFileSnapshot(PAGE);
    const headings = page.match(/^### (\w+)$/gm)?.map((line) => line.slice(4)) ?? [];
    expect(new Set(headings).size).toBe(headings.length);
    // The package's own test holds what really is exported at run time.
    const listed = [...tree.read(EXPORTS_TEST).matchAll(/^ {6}"(\w+)",$/gm)].map(
      ([, name]) => name,
    );
    expect(listed.length).toBeGreaterThan(50);
    expect(headings).toEqual(expect.arrayContaining(listed));
  });

  it('holds what is exported, by star or by name, and nothing private', () => {
    const tree = treeOf({
      'p/src/index.ts':
        "export * from './a.ts';\nexport { two, type Three, four } from './b/b.ts';",
      'p/src/a.ts':
        '/** A class of {@link two}.\n * @throws {TypeError} always */\nexport class One {\n  /** Shown. */\n  readonly at: number = 1;\n  #hidden = 2;\n  private constructor() {}\n  /** @internal Not shown. */\n  inner(): void {}\n  get(): number { return this.#hidden; }\n}\nclass Own {}\n',
      'p/src/b/b.ts':
        'export function two(x: number): string { return String(x); }\nexport interface Three { /** Bytes. */ a: 1 }\nexport const four: () => number = () => 4;',
    });
    const found = exportedDeclarations(tree, 'p/src/index.ts');
    expect(found).toEqual([
      {
        name: 'One',
        folder: '',
        description: 'A class of `two`.\nThrows `TypeError` always',
        code: 'class One {\n  /** Shown. */\n  readonly at: number;\n  get(): number;\n}',
      },
      { name: 'two', folder: 'b', description: '', code: 'function two(x: number): string' },
      {
        name: 'Three',
        folder: 'b',
        description: '',
        code: 'interface Three { /** Bytes. */ a: 1 }',
      },
      { name: 'four', folder: 'b', description: '', code: 'const four: () => number;' },
    ]);
    const sections = [{ folder: '', title: 'All' }];
    expect(() => formatReference('', sections, found)).toThrow('no section for b/');
  });

  it('refuses a name that leads nowhere', () => {
    const tree = treeOf({ 'p/src/index.ts': "export { gone } from './a.ts';", 'p/src/a.ts': '' });
    expect(() => exportedDeclarations(tree, 'p/src/index.ts')).toThrow('does not declare gone');
  });
});
