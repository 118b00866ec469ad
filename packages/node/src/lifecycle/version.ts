import { createRequire } from 'node:module';

const manifest = createRequire(import.meta.url)('../../package.json') as {
  readonly version: string;
};

/** Of this package, as in `web3_clientVersion`. */
export const PRALINE_VERSION = manifest.version;
