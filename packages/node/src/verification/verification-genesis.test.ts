import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readVerificationGenesis } from './verification-genesis.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'praline-genesis-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the genesis file to verify against', () => {
  it('is refused by its size, before any of it is read', () => {
    const genesis = join(folder, 'genesis.json');
    writeFileSync(genesis, '');
    truncateSync(genesis, 256 * 1024 * 1024 + 1);
    expect(() => readVerificationGenesis({ genesis })).toThrow(/larger than/);
  });

  it('is refused when it is missing, or no JSON', () => {
    const genesis = join(folder, 'genesis.json');
    expect(() => readVerificationGenesis({ genesis })).toThrow(/Can not read/);
    writeFileSync(genesis, 'genesis');
    expect(() => readVerificationGenesis({ genesis })).toThrow(/is not JSON/);
  });
});
