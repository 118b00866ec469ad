/**
 * Who may talk to the server, by the `Host` and `Origin` headers a browser sends and a web page can not forge.
 *
 * Host stops DNS rebinding: a page of evil.example, whose name now points at 127.0.0.1, still sends its own name.
 * An address literal is always fine, for rebinding needs a name. Origin stops pages of other sites. Allowed without
 * configuration: no Origin (not a browser), the server's own, pages of this machine (`localhost`, development servers
 * of dapps), and browser extensions, as wallets are.
 */
import { isIP } from 'node:net';

export interface AccessOptions {
  /** Further names this server goes by, without port. `*` switches the check off. */
  readonly allowedHosts: readonly string[];
  /** Further origins, such as `https://dapp.example`. `*` switches the check off. */
  readonly allowedOrigins: readonly string[];
}

export interface AccessHeaders {
  readonly host: string | undefined;
  readonly origin: string | undefined;
}

/** Host of the URL a client asked for. Absent in HTTP/1.0, which no browser speaks. */
export function isAllowedHost(host: string | undefined, { allowedHosts }: AccessOptions): boolean {
  if (host === undefined || allowedHosts.includes('*')) return true;
  const name = hostName(`http://${host}`);
  if (name === undefined) return false;
  return isThisMachine(name) || isAddressLiteral(name) || allowedHosts.includes(name);
}

export function isAllowedOrigin(
  { host, origin }: AccessHeaders,
  { allowedOrigins }: AccessOptions,
): boolean {
  if (origin === undefined || allowedOrigins.includes('*')) return true;
  if (allowedOrigins.includes(origin)) return true;
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  // `null` too: any site can send it from a sandboxed frame.
  if (url === undefined) return false;
  if (EXTENSION_PROTOCOLS.has(url.protocol)) return true;
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return false;
  return isThisMachine(url.hostname) || (host !== undefined && url.host === host.toLowerCase());
}

const EXTENSION_PROTOCOLS: ReadonlySet<string> = new Set([
  'chrome-extension:',
  'moz-extension:',
  'safari-web-extension:',
]);

/** Of the last URL asked for: most clients say the same with each request, and parsing takes long. */
let recent: { readonly url: string; readonly name: string | undefined } = {
  url: '',
  name: undefined,
};

function hostName(url: string): string | undefined {
  if (recent.url !== url) recent = { url, name: parseHostName(url) };
  return recent.name;
}

function parseHostName(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, pathname, username, search, hash } = new URL(url);
  const hasMore = pathname !== '/' || username !== '' || search !== '' || hash !== '';
  return hasMore ? undefined : hostname;
}

/** RFC 6761: names under `localhost` never leave the machine. */
function isThisMachine(name: string): boolean {
  return (
    name === 'localhost' || name.endsWith('.localhost') || name === '127.0.0.1' || name === '[::1]'
  );
}

function isAddressLiteral(name: string): boolean {
  return isIP(name.replace(/^\[|\]$/g, '')) !== 0;
}
