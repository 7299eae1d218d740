// `npm run gallery`: the components in Vite, with hot reload, and beside them every page of the hosted service.
import { join } from 'node:path';
import process from 'node:process';
import { createServer, type Plugin } from 'vite';
import { startServerPages } from './server-pages.ts';

const root = join(import.meta.dirname, '..', '..');
const pages = await startServerPages();

/**
 * Both are on this host, and browsers tell hosts apart but not their ports: a session set here opens the service's
 * pages.
 */
const linksToPages: Plugin = {
  name: 'links-to-server-pages',
  configureServer(server) {
    server.middlewares.use('/server-pages', (_request, response) => {
      const links = pages.paths.map((path) => `<li><a href="${pages.baseUrl}${path}">${path}</a></li>`);
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'set-cookie': [...pages.cookies] });
      response.end(
        `<!doctype html><html lang="en"><title>Server pages · Gallery</title><h1>Server pages</h1><ul>${links.join('')}</ul>`,
      );
    });
  },
};

const server = await createServer({
  root: join(root, 'test', 'gallery'),
  configFile: join(root, 'vite.web.config.ts'),
  plugins: [linksToPages],
  server: { port: 5180 },
});
await server.listen();
const [address] = server.resolvedUrls?.local ?? [];
if (address === undefined) throw new Error('The gallery has no address.');
process.stdout.write(`Components     ${address}\nServer pages   ${address}server-pages\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void Promise.all([server.close(), pages.stop()]).then(() => process.exit(0));
  });
}
