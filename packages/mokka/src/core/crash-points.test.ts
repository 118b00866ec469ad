/** Rule *durability*: a node is cut off the power after each single write of a run, and must come back as the same node. */
import { describe, expect, it } from 'vitest';
import type { Vote } from './statements.ts';
import type { CrashModel } from './types.ts';
import { VirtualCluster } from './virtual-cluster.test.support.ts';

/** Virtual ms a node stays down. */
const DOWN = 30;

/** Traffic, a change of leader in the middle of it, and traffic again; until the condition holds. */
class Script {
  readonly #cluster: VirtualCluster;
  readonly #steps: { readonly at: number; readonly act: () => void }[];

  constructor(cluster: VirtualCluster) {
    this.#cluster = cluster;
    const submit = (word: string) => () => {
      for (let at = 0; at < 5; at += 1) cluster.submit(`${word} ${at}`);
    };
    const transfer = () => {
      const leader = cluster.leader();
      if (leader !== null) cluster.input(leader, { type: 'transfer-leadership', to: null });
    };
    this.#steps = [
      { at: 0, act: submit('early') },
      { at: 800, act: transfer },
      { at: 802, act: submit('late') },
    ];
  }

  until(condition: () => boolean): void {
    this.#cluster.until(() => {
      for (const step of this.#steps.filter(({ at }) => at <= this.#cluster.now)) {
        this.#steps.splice(this.#steps.indexOf(step), 1);
        step.act();
      }
      return condition();
    });
  }
}

/** No node signed two things for one place, nor a vote below a promise that it sent. */
function checkStatements(cluster: VirtualCluster): void {
  for (const node of cluster.nodes) {
    const places = new Map<string, string>();
    let promised = 0;
    const once = (place: string, what: string) => {
      expect(places.get(place) ?? what, place).toBe(what);
      places.set(place, what);
    };
    for (const { message } of node.sent) {
      if (message.type === 'vote' && message.vote.voter === node.options.self) {
        const { term, index, hash, phase }: Vote = message.vote;
        once(`${phase} vote ${term} ${index}`, hash);
        expect(term).toBeGreaterThanOrEqual(promised);
      }
      if (message.type === 'term-vote' && message.termVote.voter === node.options.self) {
        const { term, lock } = message.termVote;
        once(`term vote ${term}`, JSON.stringify(lock));
        promised = Math.max(promised, term);
      }
      if (message.type === 'propose' && message.entry.proposer === node.options.self) {
        const { term, index, hash, kind } = message.entry;
        once(`proposal ${term} ${index}`, hash);
        if (kind === 'term-start') once(`term-start ${term}`, hash);
      }
    }
  }
}

const everyoneHasAll = (cluster: VirtualCluster) => () =>
  cluster.nodes.every((node, at) => node.core !== null && cluster.committed(at).length >= 10);

async function writesOf(count: number, victim: number, mode: CrashModel): Promise<number> {
  const cluster = await VirtualCluster.started(count, {}, mode);
  new Script(cluster).until(everyoneHasAll(cluster));
  return cluster.node(victim).synced;
}

describe('a power cut after each write', () => {
  it.each([
    ['the first leader, its messages sent', 3, 1, false, 'CFT'],
    ['the first leader, its messages lost', 3, 1, true, 'CFT'],
    ['a follower, its messages sent', 3, 0, false, 'CFT'],
    ['a follower that comes to lead, its messages lost', 3, 2, true, 'CFT'],
    ['a single validator', 1, 0, false, 'CFT'],
    ['the first leader, its messages sent', 4, 1, false, 'BFT'],
    ['the first leader, its messages lost', 4, 1, true, 'BFT'],
    ['a follower, its messages sent', 4, 0, false, 'BFT'],
    ['a follower that comes to lead, its messages lost', 4, 2, true, 'BFT'],
    ['a single validator', 1, 0, false, 'BFT'],
  ] as const)('of %s: %d validators, node %d, %s, %s', async (_, count, victim, loses, mode) => {
    const writes = await writesOf(count, victim, mode);
    expect(writes).toBeGreaterThan(8);
    for (let point = 1; point <= writes; point += 1) {
      const cluster = await VirtualCluster.started(count, {}, mode);
      const node = cluster.node(victim);
      const run = node.run;
      cluster.link = (from) =>
        !(loses && from === victim && node.run === run && node.synced >= point);
      const script = new Script(cluster);
      script.until(() => node.synced >= point);
      cluster.crash(victim);
      const back = cluster.now + DOWN;
      script.until(() => cluster.now >= back);
      await cluster.start(victim);
      script.until(everyoneHasAll(cluster));
      checkStatements(cluster);
      for (const [number, other] of cluster.nodes.entries()) {
        expect(other.halt, `node ${number}, point ${point}`).toBeNull();
        expect(cluster.committed(number)).toEqual(cluster.committed(victim));
      }
    }
  });
});
