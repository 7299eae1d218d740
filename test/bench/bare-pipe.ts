import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Agent } from 'undici';
import type { PipeStep, StepCall } from './pipe-steps.ts';

/**
 * `node bare-pipe.ts <upstream> <file> [steps]`: the least that a gateway in this language can do, to measure the real
 * one by. HTTP in, a key that is looked up, JSON that is parsed, undici out, the usage in the reply, and a row per call
 * that a worker writes in batches; or, with steps, what they do in place of that row. Prints its port.
 */
const [upstream = '', file = '', ...stepNames] = process.argv.slice(2);
const keys = new Map([['Bearer sk-bench', 'bench']]);
const agent = new Agent({ connections: null, pipelining: 1, allowH2: false });
const rows = new Worker(new URL('bare-pipe-rows.ts', import.meta.url), { workerData: file });
const rowsEveryMs = 20;
/** Loaded only where there are some: they bring in much of the gateway. */
const parts = stepNames.length > 0 ? await import('./pipe-steps.ts') : null;
const steps: readonly PipeStep[] = parts ? await parts.openSteps(stepNames, dirname(file)) : [];

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
  const stepped = parts && beginSteps(parts.newCall(), body);
  agent.dispatch(
    {
      origin: upstream,
      path: request.url ?? '/',
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': String(body.length) },
      body,
    },
    {
      onRequestStart: () => undefined,
      onResponseStart(controller, status, headers) {
        response.writeHead(status, relayed(headers));
        response.on('drain', () => controller.resume());
      },
      onResponseData(controller, chunk) {
        const at = chunk.lastIndexOf('"usage"');
        if (at !== -1) row.usage = chunk.toString('utf8', at, at + 200);
        stepped?.reply.push(chunk);
        if (!response.write(chunk)) controller.pause();
      },
      onResponseEnd() {
        if (stepped) endSteps(stepped);
        response.end();
        if (!stepped) record(row);
      },
      onResponseError: () => void response.destroy(),
    },
  );
}

interface SteppedCall {
  call: StepCall;
  reply: Buffer[];
}

function beginSteps(call: StepCall, body: Buffer): SteppedCall {
  for (const step of steps) step.begin?.(call, body);
  return { call, reply: [] };
}

function endSteps({ call, reply }: SteppedCall): void {
  const whole = Buffer.concat(reply);
  for (const step of steps) step.end?.(call, whole);
}

function relayed({ 'content-type': type, 'content-length': length }: IncomingHttpHeaders): OutgoingHttpHeaders {
  return { 'content-type': type, ...(length === undefined ? {} : { 'content-length': length }) };
}

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => pipe(request, response, Buffer.concat(pieces)));
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address) process.stdout.write(`${address.port}\n`);
});
