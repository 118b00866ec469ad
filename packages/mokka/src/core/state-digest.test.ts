/** Nodes of one log have one state, and one that comes to another notices it. */
import { describe, expect, it } from 'vitest';
import type { StateDigest } from './types.ts';
import { VirtualCluster } from './virtual-cluster.test.support.ts';

const OTHER = 'ab'.repeat(32) as StateDigest;

describe('a node whose application comes to another state than the others', () => {
  it.each(['accepts', 'commits'] as const)(
    'stops when it %s an entry, and the others go on',
    async (when) => {
      const cluster = await VirtualCluster.started(3);
      cluster.submit('first');
      const haveAll = (count: number) => () =>
        cluster.nodes.every(
          ({ core, halt }, at) =>
            core === null || halt !== null || cluster.committed(at).length >= count,
        );
      cluster.until(haveAll(1));
      const other = ((cluster.leader() ?? 0) + 1) % 3;
      const { application } = cluster.node(other);
      const process = application.process.bind(application);
      const commit = application.commit.bind(application);
      if (when === 'accepts') {
        application.process = (entry) => {
          const verdict = process(entry);
          return verdict.accepted ? { ...verdict, stateDigest: OTHER } : verdict;
        };
      } else {
        application.commit = (entries, certificate) => {
          commit(entries, certificate);
          return OTHER;
        };
      }
      for (const payload of ['second', 'third', 'fourth']) {
        cluster.submit(payload);
        cluster.pass(1_000);
      }
      cluster.until(haveAll(4));
      expect(cluster.nodes.map(({ halt }) => halt !== null)).toEqual(
        [0, 1, 2].map((at) => at === other),
      );
      expect(cluster.node(other).halt).toMatchObject({ code: 'state-digest-mismatch' });
    },
  );
});
