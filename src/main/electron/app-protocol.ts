import type { PagePath } from '#shared/contract/app-pages.ts';
import { servePageFile } from '../host/dashboard/page-files.ts';
import { securityHeaders } from '../host/dashboard/security-headers.ts';
import type { ElectronApi } from './electron-api.ts';

export const appOrigin = 'app://corvus';

export function pageUrl(page: PagePath): string {
  return `${appOrigin}${page}`;
}

/**
 * Must run before Electron is ready. The scheme gets an origin of its own and nothing beyond: no fetch, no CORS, no
 * service workers, so that no other page could ever read from it.
 */
export function registerAppScheme(protocol: ElectronApi['protocol']): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, codeCache: true } },
  ]);
}

/** Serves the built pages, and only them, at `app://corvus/`. */
export function serveApp(protocol: ElectronApi['protocol'], rendererFolder: string): void {
  protocol.handle('app', (request) => answerAppRequest(request, rendererFolder));
}

export async function answerAppRequest(
  request: Pick<Request, 'url' | 'method'>,
  rendererFolder: string,
): Promise<Response> {
  const url = URL.parse(request.url);
  const isOurs = url?.protocol === 'app:' && url.host === 'corvus' && !url.username && !url.password;
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const reply =
    url && isOurs && isRead
      ? await servePageFile(rendererFolder, url.pathname)
      : new Response('There is nothing at this address.\n', {
          status: 404,
          headers: { 'content-type': 'text/plain; charset=utf-8' },
        });
  for (const [name, value] of Object.entries(securityHeaders)) reply.headers.set(name, value);
  return reply;
}
