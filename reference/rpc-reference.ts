/** The page `docs/reference/rpc.md`, as the definitions of the methods make it. */
import { fileURLToPath } from 'node:url';
import { developmentModeMethods, openRpcDocument, standardMethods } from '@praline/rpc';
import { methodsPage } from './methods-page.ts';

export const RPC_REFERENCE = fileURLToPath(new URL('../docs/reference/rpc.md', import.meta.url));

const INTRODUCTION = `# JSON-RPC methods

Made from the definitions in \`packages/rpc/src/methods/\`; a test fails when this page differs, and \`npm run reference\` writes it
anew. A server gives the same as an OpenRPC document: \`rpc_discover\`. The \`mokka_*\` methods have
[their own page](mokka-rpc.md); how tools connect is in [Connecting a client](../guides/connecting.md).

Parameters are given by position; \`null\` counts as absent, in objects too. Numbers are hexadecimal texts (\`0x\` and digits without
leading zeros) unless their type says otherwise. The types link to [the end of the page](#types).

Any method can also answer with these errors: \`-32602\` for parameters that are not as described, \`-32603\` for a failure of the
node (its log has more, by the \`reference\` in the error's data), \`-32003\` for an answer beyond the size limit, and, where a client
asks for linearizable reads, \`-32002\` while that can not be confirmed. \`-32700\`, \`-32600\` and \`-32601\` are as JSON-RPC 2.0 says: not
JSON, not a request, no such method.

The examples are of one small chain that is always the same, and a test asks for each of them. \`...\` stands for what is left out.`;

export function rpcReference(): string {
  const methods = [...standardMethods, ...developmentModeMethods];
  return methodsPage(INTRODUCTION, openRpcDocument(methods, { version: '0' }));
}
