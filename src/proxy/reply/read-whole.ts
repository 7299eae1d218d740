import { answerForm } from '#shared/dialects/forms/forms.ts';
import { noReplyFacts, type ReplyFacts } from '#shared/dialects/dialect-reader.ts';
import { asArray, asObject, type JsonObject, parseExactJson } from '#shared/dialects/json-value.ts';
import { tokensOf } from '#shared/dialects/output-size.ts';
import { failureIn } from '#shared/dialects/said-failure.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import { reframed } from './framing.ts';
import { parseInTurns } from '../body/parse-in-turns.ts';
import { type Relay, upstreamDialect } from './relay.ts';
import { failureOf } from './reported-failure.ts';
import { workedOnAtOnceUpToBytes } from '../turns/in-turns.ts';
import { writeInTurns } from '../body/write-in-turns.ts';

type Answered = Pick<Relay, 'call' | 'reply' | 'translation'>;

/** A whole reply as it was read. */
export interface ReadReply {
  facts: ReplyFacts;
  /** Its estimated output. */
  outputTokenEstimate: number;
  /** Why it cannot be relayed: it is incomplete, or an error that came as a success. */
  problem: CorvusError | null;
}

/** What a whole reply reports about itself, in the upstream's dialect. */
export async function readWhole(answered: Answered, body: Buffer): Promise<ReadReply> {
  const unread = { facts: { ...noReplyFacts, isComplete: true }, outputTokenEstimate: 0, problem: null };
  if (answered.reply.status >= 400) return unread;
  const { repliesInJson, readReply, sizeOfReply } = dialectReaders[upstreamDialect(answered)];
  const value = await parseReply(body);
  if (value === undefined) {
    return repliesInJson ? { ...unread, facts: noReplyFacts, problem: new CorvusError('upstream_truncated') } : unread;
  }
  const reply = replyIn(value, upstreamDialect(answered));
  const facts = { ...readReply(reply), isComplete: true };
  return { facts, outputTokenEstimate: reply ? tokensOf(sizeOfReply(reply)) : 0, problem: failureOf(facts) };
}

/** The reply in the client's dialect, or why it cannot be expressed there. What was consumed is known either way. */
export async function readInClientsDialect(answered: Answered, body: Buffer): Promise<Buffer | CorvusError> {
  try {
    return await inClientsDialect(answered, body);
  } catch (error) {
    return toCorvusError(error);
  }
}

async function inClientsDialect({ call, translation, reply }: Answered, body: Buffer): Promise<Buffer> {
  const isStream = isStreamDue({ call, translation, reply });
  if (!translation && !isStream) return body;
  const parsed = await parseReply(body);
  const value = replyIn(parsed, upstreamDialect({ call, translation }));
  if (!value && reply.status < 400)
    throw new CorvusError(
      'upstream_interrupted',
      'The upstream sent an answer that is no JSON, or has too many parts to be translated.',
    );
  if (!translation) {
    const text = value && answerForm(call.dialect)?.asStream(value, call.facts.asksForUsage);
    return text ? reframed(text, call.framing) : body;
  }
  if (value && isStream) return reframed(translation.wholeAsStream(value), call.framing);
  return writeInTurns(translation.whole(reply.status, value ?? {}), body.length);
}

/** A reply as one object. Google sends errors in a list, and answers that are to be a stream where it is asked for none. */
function replyIn(value: unknown, dialect: Dialect): JsonObject | null {
  const list = asArray(value).map((element) => asObject(element) ?? {});
  const form = list.length > 1 ? answerForm(dialect) : null;
  if (!form) return asObject(value) ?? list[0] ?? null;
  const failed = list.find((element) => failureIn(element) !== null);
  if (failed) return failed;
  const collector = form.collect();
  for (const element of list) collector.take(element);
  return collector.whole();
}

/** Whether a whole reply is to become the stream that the client asked for. */
export function isStreamDue({ call, reply }: Answered): boolean {
  return call.facts.isStream && reply.status < 400 && answerForm(call.dialect) !== null;
}

/** An upstream's reply is as untrusted as a client's request: nothing is parsed that has too much in it. */
export async function parseReply(body: Buffer): Promise<unknown> {
  if (body.length <= workedOnAtOnceUpToBytes) return parseExactJson(body.toString('utf8'));
  return parseInTurns(body).catch(() => undefined);
}
