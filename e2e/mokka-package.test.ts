/**
 * What `npm pack` makes of `mokka`, as a user installs it: in a folder of its own, with the dependencies that its manifest
 * names and no other. They are linked from this repository, so nothing is fetched.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { freePorts } from '../harness/free-ports.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PACKAGE = join(ROOT, 'packages/mokka');

const packSchema = z.tuple([
  z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) }),
]);
const manifestSchema = z.object({
  exports: z.record(z.string(), z.object({ types: z.string(), default: z.string() })),
  dependencies: z.record(z.string(), z.string()),
});

describe('the package mokka', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mokka-package-'));
  const installed = join(folder, 'node_modules', 'mokka');
  const manifest = manifestSchema.parse(
    JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')),
  );
  let files: readonly string[] = [];

  const run = (command: string, args: readonly string[]): string =>
    execFileSync(command, args, { cwd: folder, encoding: 'utf8' });

  beforeAll(() => {
    const packed = run('npm', ['pack', PACKAGE, '--json', '--silent', '--offline']);
    const [{ filename, files: found }] = packSchema.parse(JSON.parse(packed));
    files = found.map(({ path }) => path);
    mkdirSync(installed, { recursive: true });
    run('tar', ['-xzf', filename, '-C', installed, '--strip-components=1']);
    for (const name of Object.keys(manifest.dependencies)) {
      const target = join(folder, 'node_modules', name);
      mkdirSync(dirname(target), { recursive: true });
      symlinkSync(join(ROOT, 'node_modules', name), target);
    }
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('holds code, types, README and licence, and nothing else', () => {
    expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'package.json']));
    const rest = files.filter((path) => !/^dist\/.+\.(?:js|d\.ts)$/.test(path));
    expect([...rest].sort()).toEqual(['LICENSE', 'README.md', 'package.json']);
    expect(files.filter((path) => /simulator|\.test\./.test(path))).toEqual([]);
    for (const { types, default: code } of Object.values(manifest.exports)) {
      expect(files).toContain(types.slice(2));
      expect(files).toContain(code.slice(2));
    }
  });

  it('runs the start of its README', async () => {
    const readme = readFileSync(join(installed, 'README.md'), 'utf8');
    const start = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
    const lines = start.split('\n').filter((line) => line.trim() !== '');
    expect(lines.length).toBeGreaterThan(15);
    expect(lines.length).toBeLessThanOrEqual(30);
    const [port = 0] = await freePorts(1);
    writeFileSync(join(folder, 'start.js'), start.replace('port = 9101', `port = ${port}`));
    expect(run(process.execPath, ['start.js'])).toBe('{ index: 2, position: 0 }\nred\n');
  });

  it('has types that a strict program compiles against', () => {
    const program = [
      "import { Mokka, type MokkaOptions, type PushPlace } from 'mokka';",
      "import { encodeCertificate } from 'mokka/certificates';",
      'export async function start(options: MokkaOptions): Promise<PushPlace> {',
      '  const mokka = new Mokka(options);',
      "  mokka.on('state', ({ role, term }) => [role, term]);",
      '  // @ts-expect-error there is no such event',
      "  mokka.on('nothing', () => undefined);",
      "  return mokka.push('key', { deep: [1, null] });",
      '}',
      'export const encode: typeof encodeCertificate = encodeCertificate;',
    ];
    writeFileSync(join(folder, 'program.ts'), program.join('\n'));
    const options = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--module', 'nodenext'];
    const types = ['--target', 'es2023', '--types', 'node', '--typeRoots'];
    const compiler = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
    const roots = join(ROOT, 'node_modules/@types');
    const args = [...options, ...types, roots, 'program.ts', '--ignoreConfig'];
    const { status, stdout } = spawnSync(process.execPath, [join(compiler, 'bin/tsc'), ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });
});
