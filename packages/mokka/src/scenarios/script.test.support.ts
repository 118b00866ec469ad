/**
 * The text of a scenario: blocks of a command, a line of dashes and the output expected of it, with comments between them.
 * `docs/guides/scenarios.md` describes the format.
 */

/** Parts a command from its output. */
const RULE = '----';

export interface Block {
  /** Comment lines above the command, with their `#`, and blank lines between them. */
  readonly comments: readonly string[];
  /** One or more commands, run in this order. */
  readonly commands: readonly Command[];
  readonly expected: string;
  /** Counted from 1, of the first command. */
  readonly line: number;
}

export interface Command {
  readonly text: string;
  readonly name: string;
  /** Words after the name; a word in double quotes keeps its spaces and loses its quotes. */
  readonly words: readonly string[];
}

export interface Script {
  readonly blocks: readonly Block[];
  /** Comments after the last block. */
  readonly trailer: readonly string[];
}

export class ScriptError extends Error {
  override readonly name = 'ScriptError';
  readonly code = 'scenario-script';
}

export function parseScript(text: string): Script {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  let comments: string[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    if (line === '' || line.startsWith('#')) {
      comments.push(line);
      at += 1;
      continue;
    }
    const first = at;
    const commands: Command[] = [];
    for (; at < lines.length && lines[at] !== RULE; at += 1) {
      if (lines[at] === '') throw new ScriptError(`line ${first + 1}: a command lacks its ${RULE}`);
      commands.push(parseCommand(lines[at] ?? ''));
    }
    if (at >= lines.length) throw new ScriptError(`line ${first + 1}: a command lacks its ${RULE}`);
    at += 1;
    const output: string[] = [];
    for (; at < lines.length && lines[at] !== ''; at += 1) output.push(lines[at] ?? '');
    blocks.push({ comments, commands, expected: output.join('\n'), line: first + 1 });
    comments = [];
  }
  while (comments.at(-1) === '') comments.pop();
  return { blocks, trailer: comments };
}

/** The script with these outputs, one per block. */
export function formatScript(script: Script, outputs: readonly string[]): string {
  const lines: string[] = [];
  for (const [number, block] of script.blocks.entries()) {
    lines.push(...block.comments, ...block.commands.map((command) => command.text), RULE);
    const output = outputs[number] ?? '';
    if (output !== '') lines.push(output);
  }
  lines.push(...script.trailer);
  return `${lines.join('\n').trimEnd()}\n`;
}

function parseCommand(text: string): Command {
  const words = [...text.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
  const [name, ...rest] = words;
  if (name === undefined) throw new ScriptError('an empty command');
  return { text, name, words: rest };
}
