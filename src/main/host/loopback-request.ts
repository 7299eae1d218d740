import { Agent, request } from 'node:http';

export interface LoopbackRequest {
  port: number;
  path: string;
  timeoutMs: number;
  /** Present: a POST with this as JSON. */
  body?: unknown;
  /** The owner's secret; send it only to a process that has proven to know it. */
  bearer?: string;
}

const replyLimitBytes = 64 * 1024 * 1024;

/** One JSON request to 127.0.0.1. Its own agent, because the environment may make the global one use a proxy. */
export function loopbackRequest(options: LoopbackRequest): Promise<{ status: number; json: unknown }> {
  const body = 'body' in options ? JSON.stringify(options.body ?? null) : null;
  const headers = {
    ...(body === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    ...(options.bearer ? { authorization: `Bearer ${options.bearer}` } : {}),
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: options.port,
        path: options.path,
        method: body === null ? 'GET' : 'POST',
        headers,
        agent: new Agent(),
        signal: AbortSignal.timeout(options.timeoutMs),
      },
      (reply) => {
        const chunks: Buffer[] = [];
        let size = 0;
        reply.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          size += chunk.length;
          if (size > replyLimitBytes) reply.destroy(new Error('The reply is too large.'));
        });
        reply.on('error', reject);
        reply.on('end', () => {
          try {
            resolve({ status: reply.statusCode ?? 0, json: JSON.parse(Buffer.concat(chunks).toString('utf8')) });
          } catch (error) {
            reject(error);
          }
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body ?? undefined);
  });
}
