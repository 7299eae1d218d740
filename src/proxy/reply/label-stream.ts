import { isEventStream } from './judge-reply.ts';
import { readHead, type Watch } from './read-head.ts';
import type { UpstreamReply } from './upstream-reply.ts';

/** Enough letters to tell a field of an event from other text. */
const longestField = 'event:'.length;
const field = /^(data|event|id|retry)?:/;

/**
 * The reply, named a stream of events where it is one: some servers send events as plain text, as JSON or under no type at all. Its bytes stay
 * as they are. Only a stream that was asked for is looked at, and only where its type says otherwise.
 */
export async function labelStream(reply: UpstreamReply, asksForStream: boolean, signal: AbortSignal): Promise<UpstreamReply> {
  if (!asksForStream || reply.status >= 300 || isEventStream(reply)) return reply;
  const { head, rest } = await readHead(reply, watchFirstField(), signal);
  if (!field.test(textOf(head))) return rest;
  const { 'content-length': _length, ...headers } = rest.headers;
  return { ...rest, headers: { ...headers, 'content-type': 'text/event-stream' } };
}

/** Watches until it is certain whether a body begins with the field of an event. */
function watchFirstField(): Watch {
  let text = '';
  return {
    take(chunk) {
      text = textOf(Buffer.concat([Buffer.from(text), chunk]));
      return text.length >= longestField || (text !== '' && !/^[a-z]+$/.test(text));
    },
  };
}

/** The first letters of a body. */
function textOf(head: Buffer): string {
  return head
    .toString('latin1')
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .trimStart()
    .slice(0, longestField);
}
