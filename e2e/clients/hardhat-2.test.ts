/**
 * Hardhat 2 with its network helpers and matchers: its own test runner runs the project of the folder `hardhat-2` against
 * a follower. It is too large to be installed for everyone (docs/decisions/0003-clients-from-outside.md), so it runs where
 * PRALINE_HARDHAT names a folder in which it is installed.
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import solc from 'solc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { followerOf, useNetwork } from '../support/use-network.ts';

const INSTALLED = process.env['PRALINE_HARDHAT'];
const PROJECT = fileURLToPath(new URL('hardhat-2', import.meta.url));
/** Hardhat's own limit for one of its tests is 40 s. */
const RUN_TIMEOUT_MS = 110_000;

/** Mocha's report, as its reporter `json` writes it. */
const reportSchema = z.object({
  stats: z.object({ passes: z.number(), failures: z.number() }),
  failures: z.array(z.object({ fullTitle: z.string(), err: z.object({ message: z.string() }) })),
});

const title =
  INSTALLED === undefined
    ? 'Hardhat 2 (skipped: PRALINE_HARDHAT names no folder in which it is installed)'
    : 'Hardhat 2 against a follower';

describe.skipIf(INSTALLED === undefined)(title, () => {
  const network = useNetwork({ nodes: 3 });
  let folder = '';

  beforeAll(() => {
    const modules = join(INSTALLED ?? '', 'node_modules');
    if (!existsSync(join(modules, 'hardhat'))) throw new Error(`no Hardhat in ${modules}`);
    folder = mkdtempSync(join(tmpdir(), 'praline-hardhat-'));
    cpSync(PROJECT, folder, { recursive: true });
    symlinkSync(modules, join(folder, 'node_modules'));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('passes the tests of a project, and all nodes have the same chain', async () => {
    const url = network().url(await followerOf(network()));
    const { failures, stats } = await hardhatTest(folder, url);
    expect(failures).toEqual([]);
    expect(stats.passes).toBe(19);
    await network().agreedHashes();
  });
});

/** What `npx hardhat test --network localhost` reports of this project. */
async function hardhatTest(folder: string, url: string) {
  const report = join(folder, 'report.json');
  const cli = join(folder, 'node_modules/hardhat/internal/cli/bootstrap.js');
  const environment = {
    ...process.env,
    PRALINE_URL: url,
    PRALINE_SOLC: createRequire(import.meta.url).resolve('solc/soljson.js'),
    PRALINE_SOLC_VERSION: solc.version().replace(/\+.*/s, ''),
    PRALINE_REPORT: report,
    HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true',
    // Hardhat keeps what it knows of compilers and networks in the user's folders otherwise.
    XDG_CACHE_HOME: join(folder, 'cache'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    XDG_DATA_HOME: join(folder, 'data'),
  };
  const options = { cwd: folder, env: environment, timeout: RUN_TIMEOUT_MS };
  const run = promisify(execFile)(
    process.execPath,
    [cli, 'test', '--network', 'localhost'],
    options,
  );
  // It ends with the number of failed tests, which the report names.
  const output = await run.catch((error: unknown) => error);
  if (!existsSync(report)) throw new Error('Hardhat made no report', { cause: output });
  return reportSchema.parse(JSON.parse(readFileSync(report, 'utf8')));
}
