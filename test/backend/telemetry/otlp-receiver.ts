import { once } from 'node:events';
import { createServer } from 'node:http';
import { z } from 'zod';

const valueSchema = z.object({
  stringValue: z.string().optional(),
  intValue: z.union([z.number(), z.string()]).optional(),
  doubleValue: z.number().optional(),
  boolValue: z.boolean().optional(),
});
const attributesSchema = z.array(z.object({ key: z.string(), value: valueSchema }));
const spanSchema = z.object({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
  parentSpanId: z.string().optional(),
  name: z.string(),
  startTimeUnixNano: z.string(),
  endTimeUnixNano: z.string(),
  attributes: attributesSchema.default([]),
  events: z.array(z.object({ name: z.string(), timeUnixNano: z.string() })).default([]),
  status: z.object({ code: z.number().optional() }).optional(),
});
const exportSchema = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: attributesSchema }),
      scopeSpans: z.array(z.object({ spans: z.array(spanSchema) })),
    }),
  ),
});

export type ReceivedSpan = z.infer<typeof spanSchema>;

export interface OtlpReceiver {
  endpoint: string;
  spans: ReceivedSpan[];
  resources: Record<string, unknown>[];
  /** Everything that was sent, as text. */
  raw: string[];
  [Symbol.asyncDispose](): Promise<void>;
}

export function factsOf(span: Pick<ReceivedSpan, 'attributes'>): Record<string, unknown> {
  return Object.fromEntries(
    span.attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.intValue ?? value.doubleValue ?? value.boolValue,
    ]),
  );
}

/** A collector that takes only OTLP over HTTP in JSON. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const receiver: Omit<OtlpReceiver, 'endpoint'> = { spans: [], resources: [], raw: [], [Symbol.asyncDispose]: close };
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += String(chunk)));
    request.on('end', () => {
      const isRight = request.url === '/v1/traces' && request.headers['content-type'] === 'application/json';
      if (isRight) take(text);
      response.writeHead(isRight ? 200 : 400, { 'content-type': 'application/json' }).end('{}');
    });
  });

  function take(text: string): void {
    receiver.raw.push(text);
    for (const { resource, scopeSpans } of exportSchema.parse(JSON.parse(text)).resourceSpans) {
      receiver.resources.push(factsOf(resource));
      receiver.spans.push(...scopeSpans.flatMap(({ spans }) => spans));
    }
  }

  async function close(): Promise<void> {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return Object.assign(receiver, {
    endpoint: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
  });
}
