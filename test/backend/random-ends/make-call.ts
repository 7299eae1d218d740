import { request } from 'node:http';
import type { EndCase } from './draw-case.ts';
import { modelOf, type Seen } from './charge-model.ts';
import { caseMark, halfOf, type Meeting, stopOf } from './scripted-upstream.ts';
import { eventsOf, wholeReply } from './upstream-script.ts';

const pathOf = {
  chat: '/v1/chat/completions',
  responses: '/v1/responses',
  messages: '/v1/messages',
  embeddings: '/v1/embeddings',
};

export function bodyOf(end: EndCase): string {
  const { dialect, maxTokens, isStream, asksForUsage } = end;
  const prompt = `${caseMark(end.number)} ${end.prompt}`;
  const stream = isStream ? { stream: true } : {};
  const model = modelOf(dialect);
  if (dialect === 'embeddings') return JSON.stringify({ model, input: prompt });
  if (dialect === 'responses') {
    return JSON.stringify({
      model,
      input: prompt,
      ...(maxTokens === null ? {} : { max_output_tokens: maxTokens }),
      ...stream,
    });
  }
  const usage = dialect === 'chat' && isStream && asksForUsage ? { stream_options: { include_usage: true } } : {};
  const limit = maxTokens === null ? {} : { [dialect === 'chat' ? 'max_completion_tokens' : 'max_tokens']: maxTokens };
  return JSON.stringify({ model, messages: [{ role: 'user', content: prompt }], ...limit, ...stream, ...usage });
}

export interface CallMade {
  requestId: string;
  key: string;
  baseUrl: string;
}

/** Makes the call of a case, leaving where the case says so. @returns what was seen of it at both ends */
export async function makeCall(meeting: Meeting, { requestId, key, baseUrl }: CallMade): Promise<Seen> {
  const { end } = meeting;
  const body = bodyOf(end);
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'x-corvus-request-id': requestId,
    'content-length': String(Buffer.byteLength(body)),
  };
  const waitsFor = untilLeaving(end);
  const chunks: Buffer[] = [];
  const { status, hasLeft } = await new Promise<{ status: number | null; hasLeft: boolean }>((resolve) => {
    const sent = request(baseUrl + pathOf[end.dialect], { method: 'POST', headers, agent: false });
    let isLeaving = false;
    let seenStatus: number | null = null;
    const leave = (): void => {
      if (isLeaving) return;
      isLeaving = true;
      sent.destroy();
    };
    const isEnough = (): boolean => waitsFor !== null && waitsFor(Buffer.concat(chunks).toString('utf8'));
    sent.on('response', (response) => {
      seenStatus = response.statusCode ?? 0;
      response.on('data', (chunk: Buffer) => {
        if (isLeaving) return;
        chunks.push(chunk);
        if (isEnough()) leave();
      });
      response.on('error', () => undefined);
      // The first bytes are not awaited.
      if (end.isStream && isEnough()) leave();
    });
    sent.on('error', () => undefined);
    sent.setTimeout(longestSilenceMs, () => sent.destroy());
    sent.on('close', () => resolve({ status: seenStatus, hasLeft: isLeaving }));
    sent.end(body);
    if (end.leaving && !end.isStream && waitsFor === null) void meeting.arrived.promise.then(leave);
  });
  meeting.left.resolve();
  return seenOf(end, {
    status,
    hasLeft,
    received: Buffer.concat(chunks).toString('utf8'),
    bodyBytes: Buffer.byteLength(body),
  });
}

/** When the client has got what it leaves with; null: it stays, or leaves before there is anything. */
function untilLeaving(end: EndCase): ((received: string) => boolean) | null {
  if (!end.leaving) return null;
  if (end.isStream) {
    const events = eventsOf(end);
    const expected = events.slice(0, stopOf(end, events.length)).filter(({ isHidden }) => !isHidden).length;
    return (received) => received.split('\n\n').length - 1 >= expected;
  }
  const bytes = halfOf(end, wholeReply(end).length);
  return bytes > heldBackBytes ? (received) => received.length >= bytes : null;
}

/** No call of these is silent for so long: one that is has hung, and its charge shows it. */
const longestSilenceMs = 20_000;
/** Replies up to here are kept back until they are whole. */
const heldBackBytes = 256 * 1024;

function seenOf(
  end: EndCase,
  {
    status,
    hasLeft,
    received,
    bodyBytes,
  }: { status: number | null; hasLeft: boolean; received: string; bodyBytes: number },
): Seen {
  const goesOn = hasLeft && end.leaving?.upstreamThen === 'goes-on';
  const shown = status === 200 ? received : '';
  if (!end.isStream) {
    const whole = end.happening.kind === 'whole-answer' && end.claim !== 'none';
    const sentBytes = halfOf(
      end,
      end.happening.kind === 'whole-answer' || end.happening.kind === 'cut' ? wholeReply(end).length : 0,
    );
    const finalUsage = !whole ? 'not said' : end.leaving === null ? 'said' : goesOn ? 'perhaps' : 'not said';
    return { bodyBytes, received: shown, status, sentBytes, finalUsage, mayHaveRelayedMore: goesOn };
  }
  const events = eventsOf(end);
  const sent = events.slice(0, stopOf(end, events.length));
  const wasSaid = sent.some(({ isFinalUsage }) => isFinalUsage);
  // A stream that the service ended itself may have ended before that.
  const last = sent.findLast(({ isHidden }) => !isHidden);
  const wasEnded = last !== undefined && !received.includes(last.text);
  const isToCome = goesOn && events.some(({ isFinalUsage }) => isFinalUsage);
  const finalUsage = wasSaid && !wasEnded ? 'said' : wasSaid || isToCome ? 'perhaps' : 'not said';
  return { bodyBytes, received: shown, status, sentBytes: 0, finalUsage, mayHaveRelayedMore: goesOn };
}
