import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { EndCase } from './draw-case.ts';
import { emptyStream, errorEvent, errorReply, eventsOf, wholeReply } from './upstream-script.ts';

/** What both ends of one call report to the test, beside the service between them. */
export interface Meeting {
  end: EndCase;
  /** The upstream has the request. */
  arrived: PromiseWithResolvers<void>;
  /** The client is gone. */
  left: PromiseWithResolvers<void>;
}

export interface ScriptedUpstream extends AsyncDisposable {
  origin: string;
  /** Calls that were asked, by the number of their case. */
  asked: Set<number>;
  expect(meeting: Meeting): void;
}

/** Stands in the prompt: the service sends on no header that it does not know. */
export const caseMark = (number: number): string => `Case ${number}.`;
const marked = /Case (\d+)\./;

/** An upstream on a real socket that treats each call as its case says. */
export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  const meetings = new Map<number, Meeting>();
  const asked = new Set<number>();
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.once('end', () => {
      const meeting = meetings.get(Number(marked.exec(body)?.[1]));
      if (!meeting) return void response.destroy();
      asked.add(meeting.end.number);
      meeting.arrived.resolve();
      void answer(meeting, response);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return {
    origin: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    asked,
    expect: (meeting) => void meetings.set(meeting.end.number, meeting),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(meeting: Meeting, response: ServerResponse): Promise<void> {
  const { end } = meeting;
  const { happening } = end;
  if (happening.kind === 'reset-before-headers') return void response.socket?.resetAndDestroy();
  if (happening.kind === 'error-status') {
    response.writeHead(happening.status, { 'content-type': 'application/json' });
    return void response.end(JSON.stringify(errorReply(end)));
  }
  if (end.isStream) return answerStream(meeting, response);
  return answerWhole(meeting, response);
}

async function answerStream({ end, left }: Meeting, response: ServerResponse): Promise<void> {
  const { happening, leaving } = end;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  if (happening.kind === 'error-in-200') return void response.end(errorEvent(end));
  if (happening.kind === 'empty') return void response.end(emptyStream(end));
  const events = eventsOf(end);
  const stop = stopOf(end, events.length);
  for (const { text } of events.slice(0, stop)) await send(response, text);
  if (happening.kind === 'error-event') return void response.end(errorEvent(end));
  if (happening.kind === 'cut') {
    const next = events[stop]?.text ?? '';
    return breakOff(response, next.slice(0, Math.floor(next.length * happening.share)), happening.how);
  }
  if (leaving) {
    await left.promise;
    // It sends nothing more; the service has to give up waiting.
    if (leaving.upstreamThen === 'silent') return;
    for (const { text } of events.slice(stop)) await send(response, text);
  }
  response.end();
}

/** How many whole events are sent before something happens. */
export function stopOf({ happening, leaving }: EndCase, events: number): number {
  if (leaving) return Math.min(leaving.after, events);
  return happening.kind === 'cut' || happening.kind === 'error-event' ? Math.min(happening.after, events - 1) : events;
}

async function answerWhole({ end, left }: Meeting, response: ServerResponse): Promise<void> {
  const { happening, leaving } = end;
  const body =
    happening.kind === 'error-in-200'
      ? JSON.stringify(errorReply(end))
      : happening.kind === 'empty'
        ? '{}'
        : wholeReply(end);
  const half = halfOf(end, body.length);
  if (leaving && half === 0) {
    await left.promise;
    if (leaving.upstreamThen === 'silent') return;
  }
  response.writeHead(200, { 'content-type': 'application/json' });
  if (half > 0 && half < body.length) {
    await send(response, body.slice(0, half));
    if (happening.kind === 'cut') return breakOff(response, '', happening.how);
    await left.promise;
    if (leaving?.upstreamThen === 'silent') return;
  }
  response.end(body.slice(half));
}

/** How much of a whole reply is sent before it is cut or its client leaves. */
export function halfOf({ happening, leaving }: EndCase, bytes: number): number {
  if (happening.kind === 'cut') return Math.floor(bytes * (0.2 + happening.share));
  return leaving && leaving.after > 2 ? Math.floor(bytes / 2) : 0;
}

function send(response: ServerResponse, text: string): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve();
    // Also called where the connection is gone.
    response.write(text, () => setImmediate(resolve));
  });
}

async function breakOff(response: ServerResponse, rest: string, how: 'end' | 'reset'): Promise<void> {
  if (rest !== '') await send(response, rest);
  // Where the length is not given, an end in the middle is a clean one.
  if (how === 'end') return void response.end();
  setImmediate(() => response.socket?.resetAndDestroy());
}
