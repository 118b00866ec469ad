/** Commands by which a validator lies: statements signed with its key that its core would not make. */
import type { Entry } from '../core/entry.ts';
import { payloadOn, proposalOf, ROOT_LOCK, termVoteOf } from '../core/probe.test.support.ts';
import type { Lock } from '../core/statements.ts';
import { TestApplication } from '../core/test-application.test.support.ts';
import { ScriptError } from './script.test.support.ts';
import { type Handler, type Stage, worldOf } from './stage.test.support.ts';

export const lies: Readonly<Record<string, Handler>> = {
  /** `lie-proposal n1->n3 "b" on 1@T1`: n1 sends n3 this entry with its prepare vote; n1 itself knows nothing of it. */
  'lie-proposal': (stage, { words: [link, payload = '', , parent] }) => {
    const { from, to } = endsOf(link);
    const below = entryNamed(stage, parent);
    const entry = payloadOn(below, payload, digestAfter(stage, below));
    worldOf(stage).printer.learn(entry);
    worldOf(stage).flights.push({ from, to, message: proposalOf(from, entry) });
  },

  /** `lie-term-vote n3->n0 T4 2@T1 [T3]`: a term vote of n3 with this lock (of term 3), without its certificate. */
  'lie-term-vote': (stage, { words: [link, term, name, lockTerm] }) => {
    const { from, to } = endsOf(link);
    const termVote = termVoteOf(from, termNamed(term), lockOn(stage, name, lockTerm));
    const message = { type: 'term-vote', termVote, justification: [] } as const;
    worldOf(stage).flights.push({ from, to, message });
  },
};

function endsOf(link = ''): { from: number; to: number } {
  const ends = /^n(\d+)->n(\d+)$/.exec(link);
  if (ends === null) throw new ScriptError(`"${link}" is no link`);
  return { from: Number(ends[1]), to: Number(ends[2]) };
}

function termNamed(word = ''): number {
  if (!/^T\d+$/.test(word)) throw new ScriptError(`"${word}" is no term`);
  return Number(word.slice(1));
}

function entryNamed(stage: Stage, name = ''): Entry {
  const entry = worldOf(stage).printer.find(name);
  if (entry === undefined) throw new ScriptError(`there is no entry ${name}`);
  return entry;
}

function lockOn(stage: Stage, name: string | undefined, lockTerm: string | undefined): Lock {
  if (name === 'root') return ROOT_LOCK;
  const { index, hash, term } = entryNamed(stage, name);
  return {
    index,
    hash,
    term: lockTerm === undefined ? term : (termNamed(lockTerm) as Lock['term']),
  };
}

/** The state after an entry, as any application that executed its chain has it. */
function digestAfter(stage: Stage, entry: Entry): Entry['stateDigest'] {
  const application = new TestApplication();
  const chain: Entry[] = [];
  for (let at: Entry | undefined = entry; at !== undefined; ) {
    chain.unshift(at);
    at = worldOf(stage).printer.entryOf(at.parentHash);
  }
  for (const one of chain) application.process(one);
  return application.digestAt(entry.index);
}
