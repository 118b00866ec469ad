/** Entry of `npm run reference`: writes the pages that are made from the code. */
import { writeFileSync } from 'node:fs';
import { RPC_REFERENCE, rpcReference } from './rpc-reference.ts';

writeFileSync(RPC_REFERENCE, rpcReference());
process.stdout.write(`wrote ${RPC_REFERENCE}\n`);
