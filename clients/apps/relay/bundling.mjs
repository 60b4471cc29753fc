// What the bundler of an app does, as hooks of Node: a graphql`…` becomes what relay-compiler made of it, and is found without its ending.
import { transformAsync } from '@babel/core';
import { fileURLToPath } from 'node:url';

export function resolve(name, context, next) {
  return next(name.endsWith('.graphql') ? `${name}.js` : name, context);
}

export async function load(url, context, next) {
  const loaded = await next(url, context);
  if (!['/relay/app.js', '/relay/lists.js'].some((own) => url.endsWith(own))) return loaded;
  const options = { filename: fileURLToPath(url), configFile: false, plugins: [['relay', { eagerEsModules: true }]] };
  return { ...loaded, source: (await transformAsync(String(loaded.source), options)).code };
}
