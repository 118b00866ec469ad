// Resolve hooks of the liar's process. The product is loaded as it is built, but for three modules; the liar's own files find
// the product's sources in the same build, so that every module exists once.
const REPLACED = [
  {
    module: '/packages/mokka/dist/core/own-key.js',
    importer: '.js',
    by: './careless-own-key.ts',
  },
  {
    module: '/packages/mokka/dist/core/core.js',
    importer: '/driver/mokka.js',
    by: './lying-core.ts',
  },
  {
    module: '/packages/mokka/dist/transport/tls/tls-transport.js',
    importer: '/mokka/dist/index.js',
    by: './lying-transport.ts',
  },
];

export async function resolve(specifier, context, nextResolve) {
  const { parentURL } = context;
  if (/^\.\.?\/.*\.ts$/.test(specifier) && parentURL !== undefined) {
    const { href } = new URL(specifier, parentURL);
    const built = href.replace(/(\/packages\/[a-z]+)\/src\/(.*)\.ts$/, '$1/dist/$2.js');
    if (built !== href) return await nextResolve(built, context);
  }
  const resolved = await nextResolve(specifier, context);
  const replaced = REPLACED.find(
    ({ module, importer }) =>
      resolved.url.endsWith(module) && parentURL?.endsWith(importer) === true,
  );
  if (replaced === undefined) return resolved;
  return await nextResolve(new URL(replaced.by, import.meta.url).href, context);
}
