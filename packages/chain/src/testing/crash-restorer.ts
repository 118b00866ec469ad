/**
 * A process that takes a snapshot and is killed at one of its writes, for the crash test. Arguments: data folder, genesis
 * file, folder with the snapshot (`list.json` and a file for each chunk), number of the write after which it dies. Writes
 * are transactions of the chain's environment and chunks; it ends by itself when there are fewer.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chain } from '../chain.ts';
import { createGenesis } from '../genesis/genesis.ts';
import { parseChunkListText } from '../snapshot/manifest.ts';
import { ReceivedChunks } from '../snapshot/received-chunks.ts';
import { Tables } from '../store/tables.ts';
import { giveSnapshot } from './snapshot-transfer.ts';

const [folder, genesisPath, snapshot, write] = process.argv.slice(2);
if (folder === undefined || genesisPath === undefined || snapshot === undefined) {
  throw new Error('four arguments are needed');
}
let left = Number(write);

/** Kills this process after the write whose turn it is. */
async function counted(write: Promise<void>): Promise<void> {
  await write;
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
}

const genesis = createGenesis(JSON.parse(readFileSync(genesisPath, 'utf8')));
const list = parseChunkListText(readFileSync(join(snapshot, 'list.json'), 'utf8'));
if (list === undefined) throw new Error('no snapshot');
const chunks = list.chunks.map((_, number) => readFileSync(join(snapshot, String(number))));
const chain = await Chain.open(folder, genesis);
const { commit } = Tables.prototype;
Tables.prototype.commit = function (writer) {
  return counted(commit.call(this, writer));
};
const { add, forget } = ReceivedChunks.prototype;
ReceivedChunks.prototype.add = function (number, bytes) {
  return counted(add.call(this, number, bytes));
};
ReceivedChunks.prototype.forget = function () {
  return counted(forget.call(this));
};
await giveSnapshot(chain, { list, chunks });
await chain.close();
