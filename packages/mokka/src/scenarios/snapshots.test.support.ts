/** Snapshots in scenarios: how the application of a node answers, and the commands that decide what it answers. */
import type { Input } from '../core/input.ts';
import type { SnapshotEffect } from '../core/snapshot-exchange.ts';
import { type SnapshotHost, snapshotAnswer } from '../core/virtual-snapshots.test.support.ts';
import { ScriptError } from './script.test.support.ts';
import { type Handler, nodeOf } from './stage.test.support.ts';

/** Carries out an effect and says what the application makes of it. */
export function runSnapshot(
  host: SnapshotHost,
  effect: SnapshotEffect,
  say: (line: string) => void,
): Input | null {
  const answer = snapshotAnswer(host, effect);
  const failure = answer !== null && 'result' in answer && !answer.result.ok ? answer.result : null;
  const came = (what: string): void =>
    say(failure === null ? what : `can not: ${failure.code}, when it ${what}`);
  switch (effect.type) {
    case 'begin-restore': {
      const here = host.snapshots.taking?.chunks.size ?? 0;
      const has = here === 0 ? '' : `, ${here} here already`;
      came(`begins the snapshot of ${effect.manifest.chunks.length} chunks${has}`);
      break;
    }
    case 'restore-chunk':
      came(`keeps chunk ${effect.chunk}`);
      break;
    case 'finish-restore':
      came('makes the snapshot its state');
      break;
    case 'abandon-restore':
      say('gives the snapshot up, its chunks too');
      break;
    case 'offer-snapshot':
    case 'read-chunk':
      break;
  }
  return answer;
}

const CALLS = ['begin', 'chunk', 'finish'] as const;

export const snapshotCommands: Readonly<Record<string, Handler>> = {
  /** `make-snapshot n1`: its application makes one of what it has applied. */
  'make-snapshot': (stage, { words: [node] }) => {
    const { world, number } = nodeOf(stage, node);
    const manifest = world.node(number).snapshots.offer(1);
    if (manifest === null) throw new ScriptError(`n${number} has applied nothing`);
    world.say(`n${number} has a snapshot of ${world.printer.id(manifest.entry)}`);
  },

  /** `fail-snapshot n2 begin disk-full`: the next such call of its application fails with this code. */
  'fail-snapshot': (stage, { words: [node, word, code = 'snapshot-failed'] }) => {
    const { world, number } = nodeOf(stage, node);
    const call = CALLS.find((one) => one === word);
    if (call === undefined) throw new ScriptError(`"${word}" is no call: ${CALLS.join(', ')}`);
    world.node(number).snapshots.failures.push({ call, code });
  },
};
