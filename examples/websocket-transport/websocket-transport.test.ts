/** The example runs to its end, and its pipe does what the library asks of a transport. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { freePorts } from '../../harness/free-ports.ts';
import { ExampleProcess } from '../example-process.ts';

it('orders pushes of three nodes over WebSockets', async () => {
  const ports = await freePorts(3);
  const example = new ExampleProcess('websocket-transport/three-nodes.js', ports.map(String), '.');
  expect(await example.ended, example.output).toBe(0);
  const lines = example.output.trim().split('\n');
  for (const number of [1, 2, 3]) {
    expect(lines).toContain(`node ${number}: ["from node 1","from node 2","from node 3","last"]`);
  }
});

it('has no more than the two methods of a pipe', () => {
  const source = readFileSync(new URL('websocket-pipe.js', import.meta.url), 'utf8');
  const methods = [...source.matchAll(/^ {2}(?:async )?(\w+)\(.*\{$/gm)].map(([, name]) => name);
  expect(methods).toEqual(['constructor', 'listen', 'write']);
});
