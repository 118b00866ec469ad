/**
 * A process that commits blocks of transfers until it is killed, for the crash test. Arguments: data folder, genesis
 * file. Says the number of each block once its commit has resolved.
 */
import { readFileSync } from 'node:fs';
import { Chain } from '../chain.ts';
import { createGenesis } from '../genesis/genesis.ts';
import { parseAddress } from '../primitives.ts';
import { Workload } from './workload.ts';

const [folder, genesisPath] = process.argv.slice(2);
if (folder === undefined || genesisPath === undefined) throw new Error('two arguments are needed');
const genesis = createGenesis(JSON.parse(readFileSync(genesisPath, 'utf8')));
const chain = await Chain.open(folder, genesis);
const coinbase = parseAddress(`0x${'c0'.repeat(20)}`);
const workload = new Workload(() => coinbase);
// What is already committed was signed by an earlier process from the same beginning.
const TRANSFERS = 20;
const next = () =>
  Array.from({ length: TRANSFERS }, (_, index) =>
    workload.sign({
      sender: 0,
      action: {
        kind: 'transfer',
        to: parseAddress(`0x${(index + 1).toString(16).padStart(40, '0')}`),
        value: 1n,
      },
    }),
  );
for (let block = 0; block < chain.head.number; block += 1) next();
for (;;) {
  const built = await chain.buildBlock(chain.head.hash, {
    timestamp: chain.head.timestamp + 1,
    coinbase,
    extraData: '0x',
    candidates: next(),
    maxBytes: 1_000_000,
    allowEmpty: false,
  });
  if (built.block === null) throw new Error('the transfers were refused');
  const { number, hash } = built.block.header;
  await chain.commit([{ hash }], Buffer.from(`block ${number}`));
  process.stdout.write(`${number}\n`);
}
