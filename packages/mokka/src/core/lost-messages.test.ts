/** What the network lost is sent again, by whoever has it, without another leader. */
import { describe, expect, it } from 'vitest';
import { VirtualCluster } from './virtual-cluster.test.support.ts';

const everyone = (cluster: VirtualCluster, count: number) => () =>
  cluster.nodes.every((_, at) => cluster.committed(at).length >= count);

/** A cluster of three that has committed one payload, with the number of its leader. */
async function running(): Promise<{ cluster: VirtualCluster; leader: number }> {
  const cluster = await VirtualCluster.started(3);
  cluster.submit('first');
  cluster.until(everyone(cluster, 1));
  return { cluster, leader: cluster.leader() ?? 0 };
}

describe('lost messages', () => {
  it('a proposal that reached nobody is sent again by its leader', async () => {
    const { cluster, leader } = await running();
    const { term } = cluster.node(leader).running.status();
    cluster.link = (_from, _to, message) => message.type !== 'propose';
    cluster.submit('second');
    cluster.pass(100);
    cluster.link = () => true;
    cluster.until(everyone(cluster, 2), 500);
    expect(cluster.node(leader).running.status()).toMatchObject({ role: 'leader', term });
  });
  it('a certificate that a follower missed is sent to it again', async () => {
    const { cluster, leader } = await running();
    const away = (leader + 1) % 3;
    cluster.link = (_from, to, message) => to !== away || message.type !== 'certificate';
    cluster.submit('second');
    cluster.pass(200);
    expect(cluster.committed(away)).toEqual(['first']);
    cluster.link = () => true;
    cluster.until(everyone(cluster, 2), 300);
  });

  it.each(['propose', 'vote', 'certificate', 'term-vote', 'pre-vote', 'entries', 'heartbeat-ack'])(
    'heals a lost %s',
    async (type) => {
      const { cluster } = await running();
      let lost = 0;
      cluster.link = (_from, _to, message) => {
        if (message.type !== type || lost >= 3) return true;
        lost += 1;
        return false;
      };
      for (let at = 0; at < 10; at += 1) cluster.submit(`payload ${at}`);
      cluster.until(everyone(cluster, 11));
    },
  );
});
