/** Rule *snapshot*: whoever offered a snapshot says nothing more. */
import { describe, expect, it } from 'vitest';
import { expectGoesOn, tookSnapshot, withOneBehind } from './snapshot-cluster.test.support.ts';

describe('a node that was offered a snapshot', () => {
  it('asks another peer when the one that offered is gone', async () => {
    const { cluster, late } = await withOneBehind(5);
    let gone = -1;
    cluster.link = (from, to, message) => {
      if (message.type === 'chunk' && gone < 0) gone = from;
      if (to === late && message.type === 'entries') return false;
      return !(from === gone && to === late && message.type === 'chunk');
    };
    await cluster.start(late);
    cluster.until(() => tookSnapshot(cluster, late), 120_000);
    cluster.link = () => true;
    expectGoesOn(cluster);
  });

  it('fetches entries as long as no chunk comes from the one that offered', async () => {
    const { cluster, late } = await withOneBehind(3);
    cluster.link = (_from, to, message) => !(to === late && message.type === 'chunk');
    await cluster.start(late);
    cluster.until(() => cluster.node(late).sentOf('chunk-request').length > 0);
    cluster.until(() => cluster.committed(late).includes('more 4'));
    expect(tookSnapshot(cluster, late)).toBe(false);
    // It did not even have to ask again.
    expect(cluster.node(late).sentOf('chunk-request')).toHaveLength(1);
    cluster.link = () => true;
    expectGoesOn(cluster);
  });

  it('asks soon again for a chunk that was lost on the way', async () => {
    const { cluster, late } = await withOneBehind(3);
    let lost = false;
    cluster.link = (_from, to, message) => {
      if (to !== late) return true;
      if (message.type === 'entries') return false;
      if (message.type !== 'chunk' || message.chunk !== 1 || lost) return true;
      lost = true;
      return false;
    };
    await cluster.start(late);
    cluster.until(() => lost);
    const { fetchTimeout } = cluster.node(late).options.timing;
    cluster.until(() => tookSnapshot(cluster, late), 20 * fetchTimeout);
  });
});
