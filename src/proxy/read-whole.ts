import { noReplyFacts, type ReplyFacts } from '#shared/dialects/dialect-reader.ts';
import { parseExactJson } from '#shared/dialects/exact-json.ts';
import { asObject, parseJson } from '#shared/dialects/json-value.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { type CorvusError, toCorvusError } from '#shared/errors.ts';
import { type Relay, upstreamDialect } from './relay.ts';

type Answered = Pick<Relay, 'call' | 'reply' | 'translation'>;

/** What a whole reply says of itself, in the upstream's dialect. */
export function factsOfBody(answered: Answered, body: Buffer): ReplyFacts {
  if (answered.reply.status >= 400) return { ...noReplyFacts, isComplete: true };
  const { repliesInJson, readReply } = dialectReaders[upstreamDialect(answered)];
  const value = parseJson(body.toString('utf8'));
  if (value === undefined && !repliesInJson) return { ...noReplyFacts, isComplete: true };
  return value === undefined ? noReplyFacts : { ...readReply(value), isComplete: true };
}

/** The reply as the client's dialect has it, or why it is none there. What was consumed is known all the same. */
export function readInClientsDialect(answered: Answered, body: Buffer): Buffer | CorvusError {
  try {
    return inClientsDialect(answered, body);
  } catch (error) {
    return toCorvusError(error);
  }
}

function inClientsDialect({ translation, reply }: Answered, body: Buffer): Buffer {
  if (!translation) return body;
  const value = asObject(parseExactJson(body.toString('utf8'))) ?? {};
  return Buffer.from(JSON.stringify(translation.whole(reply.status, value)));
}
