import { asArray, asObject, type JsonObject, parseExactJson } from '#shared/dialects/json-value.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { readSseData } from '#shared/dialects/sse.ts';
import { answerForm } from '#shared/dialects/forms/forms.ts';
import { conversationOf, type Dialect } from '#shared/domain/dialect.ts';
import type { Clock } from '#shared/ports.ts';
import { translateError } from '#shared/dialects/upstream-error.ts';
import { minuteMs } from '#shared/time.ts';
import { collectReply } from './collect-reply.ts';
import { isEventStream, isJson, isWebPage } from './judge-reply.ts';
import { readHead, type Watch } from './read-head.ts';
import { textReply, type UpstreamReply, withType } from './upstream-reply.ts';

/** What was asked of an upstream. */
export interface Asked {
  /** The upstream's dialect. */
  dialect: Dialect;
  isStream: boolean;
  requestId: string;
}

/**
 * The reply under the type that it really has, and in one piece where no stream was asked for: some servers send events
 * as plain text, as JSON or under no type at all, answers as octets, errors as text. A reply that is what its type
 * says, and what was asked for, is not touched.
 */
export async function labelReply(
  reply: UpstreamReply,
  asked: Asked,
  clock: Clock,
  signal: AbortSignal,
): Promise<UpstreamReply> {
  if (reply.status >= 400) return labelError(reply, asked, clock, signal);
  const { dialect, isStream } = asked;
  const { repliesInJson } = dialectReaders[dialect];
  if (reply.status >= 300 || (isStream && isEventStream(reply)) || (!isStream && !repliesInJson)) return reply;
  const { head, rest } = await readHead(reply, watchBeginning(), signal);
  const kind = kindOf(head) ?? (isEventStream(reply) ? 'events' : null);
  if (kind === 'json') return repliesInJson && !isJson(reply) ? withType(rest, 'application/json') : rest;
  if (kind === null) return rest;
  if (isStream) return withType(rest, 'text/event-stream');
  const form = answerForm(dialect);
  // An answer that no events can spell is judged as the JSON that it should be.
  return form ? collectReply(rest, { form, dialect, clock }) : withType(rest, 'application/json');
}

/** An upstream that refuses a request says why without a break. */
const longestSilenceMs = 5_000;
/** One that still drips after this time has no end. */
const longestErrorMs = minuteMs;

/**
 * The beginning of an error. After a silence, or too long a time, it counts as whole: what has come is told, also where
 * no end comes.
 */
function readErrorHead(reply: UpstreamReply, clock: Clock, signal: AbortSignal): ReturnType<typeof readHead> {
  let isOver = false;
  let stop = (): void => {};
  function giveUp(): void {
    isOver = true;
    reply.abort();
  }
  function wait(): void {
    stop();
    stop = clock.after(longestSilenceMs, giveUp);
  }
  const stopAll = clock.after(longestErrorMs, giveUp);
  const ending: UpstreamReply = {
    ...reply,
    async read(onChunk) {
      wait();
      try {
        await reply.read(onChunk);
      } catch (error) {
        if (!isOver) throw error;
      }
    },
  };
  const watch: Watch = {
    take() {
      wait();
      return false;
    },
    // What follows comes at the client's pace.
    end() {
      stop();
      stopAll();
    },
  };
  return readHead(ending, watch, signal);
}

/** An error as JSON in the upstream's dialect, with its own status and words. */
async function labelError(
  reply: UpstreamReply,
  { dialect, requestId }: Asked,
  clock: Clock,
  signal: AbortSignal,
): Promise<UpstreamReply> {
  if (isWebPage(reply)) return reply;
  const { head, isEnded, rest } = await readErrorHead(reply, clock, signal);
  const text = head.toString('utf8').trim();
  if (!isEnded || text === '' || text.startsWith('<')) return rest;
  const error = errorIn(text);
  if (error && isJson(reply) && kindOf(head) === 'json') return rest;
  if (error) return textReply(rest, JSON.stringify(error));
  return textReply(
    rest,
    JSON.stringify(translateError(conversationOf(dialect), reply.status, { error: text }, requestId)),
  );
}

/** The JSON of an error, bare or in an event. */
function errorIn(text: string): JsonObject | null {
  const value = parseExactJson(kindOf(Buffer.from(text)) === 'events' ? readSseData(Buffer.from(text)) : text);
  return asObject(value) ?? asObject(asArray(value)[0]);
}

/** Enough letters to tell a field of an event from other text. */
const longestField = 'event:'.length;
const field = /^(data|event|id|retry)?:/;

/** What a body is by its first letters; null where they do not tell. */
function kindOf(head: Buffer): 'events' | 'json' | null {
  const text = beginningOf(head.toString('latin1', 0, mostBlankBytes));
  if (field.test(text)) return 'events';
  return /^[{[]/.test(text) ? 'json' : null;
}

/** Watches until it is certain how a body begins. */
function watchBeginning(): Watch {
  let text = '';
  return {
    take(chunk) {
      text = beginningOf(text + chunk.toString('latin1', 0, mostBlankBytes));
      return text.length >= longestField || !undecided.test(text);
    },
  };
}

const byteOrderMark = '\u00ef\u00bb\u00bf';
/** A part of a name, or of a byte order mark. */
const undecided = /^(?:[a-z]*|\u00ef\u00bb?)$/;
const mostBlankBytes = 1024;

/** The first letters of a body, in Latin 1. */
function beginningOf(text: string): string {
  const bare = text.startsWith(byteOrderMark) ? text.slice(byteOrderMark.length) : text;
  return bare.trimStart().slice(0, longestField);
}
