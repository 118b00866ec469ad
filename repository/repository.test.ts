import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { checkRepository } from './check-repository.ts';
import { gitTree } from './repository-tree.ts';

it('keeps every rule of the house', () => {
  const tree = gitTree(fileURLToPath(new URL('..', import.meta.url)));
  expect(tree.files).toContain('package.json');
  expect(checkRepository(tree)).toEqual([]);
});
