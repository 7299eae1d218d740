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

/** How the build also wrote each asset, the smallest first. */
const compressions = [
  { encoding: 'br', ending: '.br' },
  { encoding: 'gzip', ending: '.gz' },
] as const;

/**
 * Answers a GET with a file of the built pages; a path without an ending is a page of the app and gets index.html.
 * @param accepted the `Accept-Encoding` of the request; null: none, as where no network is between
 */
export async function servePageFile(
  rendererFolder: string,
  path: string,
  accepted: string | null = null,
): Promise<Response> {
  const segments = path.split('/').filter((segment) => segment !== '');
  if (!segments.every((segment) => plainSegment.test(segment))) return notFound();
  const isAsset = segments.at(-1)?.includes('.') ?? false;
  const file = isAsset ? segments : ['index.html'];
  const { content, encoding } = await readSmallest(
    join(rendererFolder, ...file),
    file[0] === 'assets' ? accepted : null,
  );
  if (content) {
    const answer = reply(200, content, getMimeType(file.join('/')) ?? 'application/octet-stream', cachePolicy(file));
    answer.headers.set('vary', 'accept-encoding');
    if (encoding !== null) answer.headers.set('content-encoding', encoding);
    return answer;
  }
  return isAsset ? notFound() : reply(503, notBuilt, htmlType, 'no-store');
}

async function readSmallest(path: string, accepted: string | null) {
  const wanted = accepted?.split(',').filter((part) => !/;\s*q=0(\.0*)?\s*$/.test(part)) ?? [];
  const names = new Set(wanted.map((part) => part.replace(/;.*$/, '').trim()));
  for (const { encoding, ending } of compressions) {
    if (!names.has(encoding)) continue;
    const content = await readFile(path + ending).catch(() => null);
    if (content) return { content, encoding };
  }
  return { content: await readFile(path).catch(() => null), encoding: null };
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
