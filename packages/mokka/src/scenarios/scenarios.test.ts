/**
 * Every script in this folder is run against real cores and must print what it says. `UPDATE=1` writes what was printed
 * into the scripts; `expect` commands hold even then.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { COMMANDS, runCommand } from './commands.test.support.ts';
import { formatScript, parseScript, type Script, ScriptError } from './script.test.support.ts';
import type { Stage } from './stage.test.support.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const guide = fileURLToPath(new URL('../../../../docs/guides/scenarios.md', import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith('.txt'));
const isUpdate = process.env['UPDATE'] === '1';

async function play(script: Script): Promise<string[]> {
  const stage: Stage = { world: null, isQuiet: false, said: [] };
  const outputs: string[] = [];
  for (const block of script.blocks) {
    const lines: string[] = [];
    stage.isQuiet = false;
    stage.said = [];
    for (const command of block.commands) {
      try {
        lines.push(...(await runCommand(stage, command)));
      } catch (error) {
        if (!(error instanceof ScriptError)) throw error;
        const before = [...outputs.slice(-2), ...lines].join('\n');
        throw new ScriptError(
          `line ${block.line}: ${command.text}: ${error.message}\nBefore:\n${before}`,
        );
      }
    }
    outputs.push(stage.isQuiet ? '' : counted(lines).join('\n'));
  }
  return outputs;
}

/** Lines that repeat themselves, once and with their number. */
function counted(lines: readonly string[]): string[] {
  const runs: { line: string; count: number }[] = [];
  for (const line of lines) {
    const last = runs.at(-1);
    if (last?.line === line) last.count += 1;
    else runs.push({ line, count: 1 });
  }
  return runs.map(({ line, count }) => (count === 1 ? line : `${line} (${count} times)`));
}

async function outputOf(text: string): Promise<string> {
  return (await play(parseScript(text))).join('\n');
}

describe('scenario', () => {
  it.each(names)('%s', async (name) => {
    const path = `${folder}${name}`;
    const text = readFileSync(path, 'utf8');
    const script = parseScript(text);
    expect(text, 'the first line says what the script shows').toMatch(/^# /);
    const played = formatScript(script, await play(script));
    if (isUpdate && played !== text) writeFileSync(path, played);
    else expect(played).toBe(text);
  });
});

describe('a script', () => {
  it('fails where an expectation does not hold, and names the line', async () => {
    await expect(outputOf('cluster 1\n----\n\nexpect n0 leader T7\n----\n')).rejects.toThrow(
      /line 4: .*not "leader T7"/,
    );
    const said = outputOf('cluster 3\ntimeout n0\nexpect-said "n1 misses"\n----\n');
    await expect(said).rejects.toThrow(/nobody said so/);
    const unsaid = outputOf('cluster 3\ntimeout n0\nexpect-unsaid "n0 misses"\n----\n');
    await expect(unsaid).rejects.toThrow(/it was said: n0 misses a leader/);
  });

  it('fails on an unknown command, a node that is not there and a link without messages', async () => {
    await expect(outputOf('juggle\n----\n')).rejects.toThrow(ScriptError);
    await expect(outputOf('cluster 3\ntimeout n3\n----\n')).rejects.toThrow(ScriptError);
    await expect(outputOf('cluster 3\ndeliver n0->n1\n----\n')).rejects.toThrow(ScriptError);
  });

  it('gives the same text when it is written again', () => {
    const text = '# what\n\ncluster 3\n----\nout\n\n# why\nstate\n----\n';
    expect(formatScript(parseScript(text), ['out', ''])).toBe(text);
  });

  it('can use only commands that the guide describes', () => {
    const described = readFileSync(guide, 'utf8');
    expect(COMMANDS.filter((command) => !described.includes(`\`${command}`))).toEqual([]);
  });
});
