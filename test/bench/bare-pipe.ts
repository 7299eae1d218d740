import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { dirname } from 'node:path';
import { Agent } from 'undici';
import { startThread } from '#proxy/start-thread.ts';
import type { PipeStep } from './pipe-steps.ts';

/**
 * `node bare-pipe.ts <upstream> <file> [steps]`: the least that a gateway in this language can do, to measure the real
 * one by. HTTP in, a key that is looked up, JSON that is parsed, undici out, the usage in the reply, and a row per call
 * that a worker writes in batches; or, with steps, what they do in place of that row. With `waits` it listens once its
 * database is open. Prints its port.
 */
const [upstream = '', file = '', ...options] = process.argv.slice(2);
const stepNames = options.filter((name) => name !== 'waits');
const keys = new Map([['Bearer sk-bench', 'bench']]);
const agent = new Agent({ connections: null, pipelining: 1, allowH2: false });
const rows = startThread(import.meta.url, './bare-pipe-rows.ts', { workerData: file });
const rowsEveryMs = 20;
/** Loaded only where there are some: they bring in much of the gateway. */
const parts = stepNames.length > 0 ? await import('./pipe-steps.ts') : null;
const steps: readonly PipeStep[] = parts ? await parts.openSteps(stepNames, dirname(file)) : [];
if (options.includes('waits')) await once(rows, 'message');

interface Row {
  id: string;
  at: number;
  key: string;
  model: string;
  usage: string | null;
}

let waiting: Row[] = [];
let count = 0;

function record(row: Row): void {
  if (waiting.push(row) > 1) return;
  setTimeout(() => {
    rows.postMessage(waiting);
    waiting = [];
  }, rowsEveryMs);
}

function pipe(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const key = keys.get(request.headers.authorization ?? '');
  if (key === undefined) return void response.writeHead(401).end();
  const { model }: { model: string } = JSON.parse(body.toString('utf8'));
  const row: Row = { id: `req_${(count += 1)}`, at: Date.now(), key, model, usage: null };
  const added = parts && new parts.StepsOfCall(steps, request, body);
  agent.dispatch(
    {
      origin: upstream,
      path: request.url ?? '/',
      method: 'POST',
      headers: added?.requestHeaders() ?? {
        'content-type': 'application/json',
        'content-length': String(body.length),
      },
      body,
    },
    {
      onRequestStart: () => undefined,
      onResponseStart(controller, status, headers) {
        response.writeHead(status, added?.replyHeaders(headers) ?? relayed(headers));
        response.on('drain', () => controller.resume());
      },
      onResponseData(controller, chunk) {
        const at = chunk.lastIndexOf('"usage"');
        if (at !== -1) row.usage = chunk.toString('utf8', at, at + 200);
        if (!response.write(added?.reply(chunk) ?? chunk)) controller.pause();
      },
      onResponseEnd() {
        added?.end();
        response.end();
        if (!added) record(row);
      },
      onResponseError: () => void response.destroy(),
    },
  );
}

function relayed({ 'content-type': type, 'content-length': length }: IncomingHttpHeaders): OutgoingHttpHeaders {
  return { 'content-type': type, ...(length === undefined ? {} : { 'content-length': length }) };
}

const server = createServer((request, response) => {
  if (request.method === 'GET') return void response.end();
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => pipe(request, response, Buffer.concat(pieces)));
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address) process.stdout.write(`${address.port}\n`);
});
