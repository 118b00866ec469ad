/** `praline keygen`: key pairs for a cluster that is configured by hand. */
import { NodeKey } from '@praline/node';
import type { Command } from 'commander';
import type { Console } from '../output/console.ts';
import { wholeNumber } from '../whole-number.ts';

/** More pairs than any cluster has nodes. */
const MAX_PAIRS = 1000;

export function addKeygen(program: Command, console: Console): void {
  program
    .command('keygen')
    .summary('make key pairs for nodes')
    .description(
      'Makes Ed25519 key pairs. The secret key goes into a file of its own with mode 0600, the public key into the cluster file.',
    )
    .argument('[count]', 'how many pairs', wholeNumber(1, MAX_PAIRS), 1)
    .option('--json', 'one JSON object per pair')
    .addHelpText(
      'after',
      '\nExamples:\n  praline keygen        one pair\n  praline keygen 3      three pairs, for a cluster of three',
    )
    .action((count: number, { json }: { json?: true }) => {
      for (let number = 1; number <= count; number += 1) {
        const key = NodeKey.generate();
        const pair = { publicKey: key.id, secretKey: key.revealSeedHex() };
        if (json) {
          console.json({ pair: number, ...pair });
        } else {
          console.line(
            `pair[${number}] {publicKey: ${pair.publicKey}, secretKey: ${pair.secretKey}}`,
          );
        }
      }
    });
}
