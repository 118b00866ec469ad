import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from './logger.ts';

/** A device that takes no byte: every write says that there is no space. */
const FULL_DEVICE = '/dev/full';

describe('the log file', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'praline-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('has a line of JSON for each call, after those of earlier processes', () => {
    const path = join(folder, 'made', 'node.log');
    for (const node of [1, 2]) {
      const logger = createLogger({ level: 'info', path, fields: { node } });
      logger.info({ height: 7 }, 'a block');
      logger.debug({}, 'not told');
      logger.close();
      logger.close();
      logger.info({}, 'too late');
    }
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'info', node: 1, height: 7, msg: 'a block' },
      { level: 'info', node: 2, height: 7, msg: 'a block' },
    ]);
  });

  it.runIf(existsSync(FULL_DEVICE))('loses lines on a full disk, and holds nobody up', () => {
    const logger = createLogger({ level: 'info', path: FULL_DEVICE, fields: {} });
    expect(() => logger.error({ code: 'x' }, 'disk full')).not.toThrow();
    expect(() => logger.info({}, 'again')).not.toThrow();
    expect(() => logger.close()).not.toThrow();
  });
});
