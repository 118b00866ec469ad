/** Where contracts send what they print: an address without code, whose bytes spell `console.log`. */
import { addressOf } from '../primitives.ts';

const CONSOLE_BYTES = Buffer.from('000000000000000000636f6e736f6c652e6c6f67', 'hex');

export const CONSOLE_ADDRESS = addressOf(CONSOLE_BYTES);

export function isConsole(address: Uint8Array): boolean {
  // Almost no other address begins so, and this runs for each message of a block.
  return address[0] === 0 && address[9] === CONSOLE_BYTES[9] && CONSOLE_BYTES.equals(address);
}
