/** A committed block in the node's log, with what its contracts printed. */
import type { BlockSummary } from '../threads/thread-contracts.ts';
import type { Logger } from './logger.ts';

export function logBlock(logger: Logger, { number, hash, printed }: BlockSummary): void {
  logger.debug({ block: number, hash }, 'block committed');
  for (const { transaction, lines, omitted } of printed) {
    const more = omitted > 0 ? { omitted } : {};
    logger.info({ block: number, transaction, lines, ...more }, 'console.log');
  }
}
