import { createServer, request as ask } from 'node:http';
import { onTestFinished } from 'vitest';

export interface CountingFront {
  origin: string;
  /** How many model calls came, by path. */
  calls(): number;
}

/** Stands before a service, passes everything on as it comes, and counts the model calls. */
export async function startCountingFront(baseUrl: string): Promise<CountingFront> {
  let calls = 0;
  const { host } = new URL(baseUrl);
  const server = createServer((request, response) => {
    if (request.method === 'POST' && /\/(chat\/completions|messages|responses)$/.test(request.url ?? '')) calls += 1;
    const onward = ask(
      baseUrl + (request.url ?? ''),
      { method: request.method, headers: { ...request.headers, host } },
      (reply) => {
        response.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${port}`, calls: () => calls };
}
