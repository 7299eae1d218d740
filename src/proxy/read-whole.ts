import { noReplyFacts, type ReplyFacts } from '#shared/dialects/dialect-reader.ts';
import { asArray, asObject, parseJson } from '#shared/dialects/json-value.ts';
import { tokensOf } from '#shared/dialects/output-size.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import { type Relay, upstreamDialect } from './relay.ts';
import { failureOf } from './reported-failure.ts';

type Answered = Pick<Relay, 'call' | 'reply' | 'translation'>;

/** A whole reply as it was read. */
export interface ReadReply {
  facts: ReplyFacts;
  /** How much output it has, guessed. */
  outputTokenEstimate: number;
  /** Why it cannot be relayed: it is not whole, or an error that came as a success. */
  problem: CorvusError | null;
}

/** What a whole reply says of itself, in the upstream's dialect. */
export function readWhole(answered: Answered, body: Buffer): ReadReply {
  const unread = { facts: { ...noReplyFacts, isComplete: true }, outputTokenEstimate: 0, problem: null };
  if (answered.reply.status >= 400) return unread;
  const { repliesInJson, readReply, sizeOfReply } = dialectReaders[upstreamDialect(answered)];
  const value = parseJson(body.toString('utf8'));
  if (value === undefined) {
    return repliesInJson ? { ...unread, facts: noReplyFacts, problem: new CorvusError('upstream_truncated') } : unread;
  }
  // Google sends errors in a list.
  const reply = asObject(value) ?? asObject(asArray(value)[0]);
  const facts = { ...readReply(reply), isComplete: true };
  return { facts, outputTokenEstimate: reply ? tokensOf(sizeOfReply(reply)) : 0, problem: failureOf(facts) };
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
  const value = asObject(parseJson(body.toString('utf8'))) ?? {};
  return Buffer.from(JSON.stringify(translation.whole(reply.status, value)));
}
