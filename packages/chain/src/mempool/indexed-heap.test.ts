import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IndexedHeap } from './indexed-heap.ts';

interface Item {
  rank: number;
}

it('has the least member on top after any additions, removals and changes', () => {
  const operations = fc.array(
    fc.record({
      kind: fc.constantFrom('add', 'remove', 'update', 'pop'),
      at: fc.nat({ max: 30 }),
      rank: fc.nat({ max: 20 }),
    }),
    { maxLength: 80 },
  );
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 })), operations, (ranks, steps) => {
      const members: Item[] = ranks.map((rank) => ({ rank }));
      const heap = new IndexedHeap<Item>((left, right) => left.rank < right.rank, members);
      for (const { kind, at, rank } of steps) {
        const member = members[at];
        if (kind === 'add') {
          const item = { rank };
          members.push(item);
          heap.add(item);
        } else if (kind === 'pop') {
          const top = heap.peek();
          if (top !== undefined) {
            heap.remove(top);
            members.splice(members.indexOf(top), 1);
          }
        } else if (member !== undefined && kind === 'remove') {
          expect(heap.remove(member)).toBe(true);
          expect(heap.remove(member)).toBe(false);
          members.splice(at, 1);
        } else if (member !== undefined) {
          member.rank = rank;
          heap.update(member);
        }
        expect(heap.size).toBe(members.length);
        const least = members.reduce((low, item) => Math.min(low, item.rank), 99);
        expect(heap.peek()?.rank ?? 99).toBe(least);
      }
    }),
  );
});
