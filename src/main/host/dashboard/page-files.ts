import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getMimeType } from 'hono/utils/mime';

// Letters, digits, dash, underscore and inner dots: no dot-files, no "..", no separators, nothing encoded.
const plainSegment = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;
// Files that the build names by content: `index-B4x9_kQz.js`.
const hashedName = /-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;

const htmlType = 'text/html; charset=utf-8';

const notBuilt = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Corvus</title>
<h1>The pages are not built yet</h1>
<p>Run <code>npm start</code> once in the folder of Corvus: it builds what is missing. The gateway and the <code>corvusllm</code> command work already.</p>
</html>
`;

/** Answers a GET with a file of the built pages; a path without an ending is a page of the app and gets index.html. */
export async function servePageFile(rendererFolder: string, path: string): Promise<Response> {
  const segments = path.split('/').filter((segment) => segment !== '');
  if (!segments.every((segment) => plainSegment.test(segment))) return notFound();
  const isAsset = segments.at(-1)?.includes('.') ?? false;
  const file = isAsset ? segments : ['index.html'];
  const content = await readFile(join(rendererFolder, ...file)).catch(() => null);
  if (content) return reply(200, content, getMimeType(file.join('/')) ?? 'application/octet-stream', cachePolicy(file));
  return isAsset ? notFound() : reply(503, notBuilt, htmlType, 'no-store');
}

function cachePolicy(file: readonly string[]): string {
  const name = file.at(-1) ?? '';
  if (name.endsWith('.html')) return 'no-store';
  return file[0] === 'assets' && hashedName.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache';
}

function notFound(): Response {
  return reply(404, 'There is nothing at this path.\n', 'text/plain; charset=utf-8', 'no-store');
}

function reply(
  status: number,
  body: string | Buffer<ArrayBuffer>,
  contentType: string,
  cacheControl: string,
): Response {
  return new Response(body, { status, headers: { 'content-type': contentType, 'cache-control': cacheControl } });
}
