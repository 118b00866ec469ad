// The `praline` command with a liar inside: the built product, in which consensus core and transport are replaced by ones that
// lie. Nothing of this is in any package.
import { register as registerHooks } from 'node:module';
import { register as registerTypeScript } from 'tsx/esm/api';

registerTypeScript();
registerHooks('./replaced-modules.mjs', import.meta.url);
await import('../../../packages/cli/bin/praline.js');
