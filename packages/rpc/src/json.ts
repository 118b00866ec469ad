/** JSON values as answers are made of, and the check of a text's nesting before it is parsed. */

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/** Nesting of a request. Typed data of wallets stays far below; recursion over parsed values stays bounded. */
export const JSON_DEPTH_MAX = 64;

/**
 * Whether a JSON text nests deeper than `depthMax` arrays and objects. Runs over the text once, before `JSON.parse`
 * builds anything, and does not care whether the text is otherwise valid.
 */
export function nestsDeeperThan(text: string, depthMax: number): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (inString) {
      if (character === BACKSLASH) index++;
      else if (character === QUOTE) inString = false;
    } else if (character === QUOTE) {
      inString = true;
    } else if (character === OPEN_BRACKET || character === OPEN_BRACE) {
      depth++;
      if (depth > depthMax) return true;
    } else if (character === CLOSE_BRACKET || character === CLOSE_BRACE) {
      depth--;
    }
  }
  return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
