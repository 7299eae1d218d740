import { makeUsage, type Usage } from '../metering/usage.ts';
import { type AskedFor, type DialectReader, noReplyFacts, type ReplyFacts } from './dialect-reader.ts';
import { errorEvent } from './error-body.ts';
import { openaiResponses } from './openai-responses.ts';
import { asCount, asLimit, asObject, asText, type JsonObject } from './json-value.ts';
import { silentShape, type OutputMeter, sizeOf, sizeOfMedia } from './output-size.ts';
import { failureIn } from './said-failure.ts';
import { createSaidSoFar } from './said-so-far.ts';

const terminalTypes = /\.(done|completed)$/;

/**
 * Usage of images and transcriptions: text, image and audio input are separate where the reply separates them; seconds
 * are no tokens.
 */
function readMediaUsage(value: unknown): Usage | null {
  const usage = asObject(value);
  const input = asCount(usage?.['input_tokens']);
  if (!usage || input === null) return null;
  const parts = asObject(usage['input_tokens_details']) ?? asObject(usage['input_token_details']);
  const imageInput = Math.min(asCount(parts?.['image_tokens']) ?? 0, input);
  const audioInput = Math.min(asCount(parts?.['audio_tokens']) ?? 0, input - imageInput);
  const outputText = asCount(usage['output_tokens']) ?? 0;
  return makeUsage({ freshInput: input - imageInput - audioInput, imageInput, audioInput, outputText });
}

function readPassedReply(body: unknown): ReplyFacts {
  const reply = asObject(body);
  // One that was fetched is an answer also where it tells that it failed.
  if (reply?.['object'] === 'response') return { ...openaiResponses.readReply(reply), isAnswer: true, failure: null };
  return {
    ...noReplyFacts,
    usage: readMediaUsage(reply?.['usage']),
    model: asText(reply?.['model']),
    isComplete: reply !== null,
    isAnswer: true,
    failure: reply && isOnlyError(reply) ? failureIn(reply) : null,
  };
}

/** Jobs and files have an `error` member of their own, and are answers. */
function isOnlyError(reply: JsonObject): boolean {
  return (
    reply['id'] === undefined &&
    (reply['object'] === undefined || reply['object'] === 'error') &&
    reply['data'] === undefined
  );
}

/**
 * Images, audio, moderations, files and stored answers: bytes pass both ways unchanged, and usage is read where a reply
 * reports it.
 */
export const openaiPassthrough: DialectReader = {
  readRequest(body): AskedFor | null {
    const request = asObject(body);
    const model = asText(request?.['model']);
    const isStream = request?.['stream'] === true || request?.['stream_format'] === 'sse';
    return model
      ? { model, isStream, asksForUsage: true, maxOutputTokens: 0, choices: asLimit(request?.['n']) ?? 1 }
      : null;
  },
  readReply: readPassedReply,
  readEvent(facts, value) {
    const event = asObject(value);
    if (!event) return facts;
    const type = asText(event['type']) ?? '';
    if (type.startsWith('response.'))
      return { ...openaiResponses.readEvent(facts, event), isAnswer: true, failure: facts.failure };
    const isComplete = facts.isComplete || terminalTypes.test(type);
    const usage = readMediaUsage(event['usage']) ?? facts.usage;
    return { ...facts, usage, isComplete, isAnswer: true, failure: facts.failure ?? failureIn(event) };
  },
  createMeter: createMediaMeter,
  sizeOfReply: () => 0,
  shape: silentShape,
  isUsageOnly: () => false,
  mustAskForUsage: false,
  repliesInJson: false,
  ping: ': keep-alive\n\n',
  endEarly: () => '',
  breakOff: ({ reason, requestId }) => errorEvent('openai', reason, requestId),
};

const framing: ReadonlySet<string> = new Set([
  'id',
  'type',
  'object',
  'model',
  'speaker',
  'background',
  'output_format',
  'quality',
  'size',
  'logprobs',
  'usage',
  'error',
]);
const wholeType = /\.(done|completed)$/;

/** Events of spoken audio, transcriptions and pictures. */
function createMediaMeter(): OutputMeter {
  const said = createSaidSoFar();
  return {
    take(event) {
      const { type, audio, ...rest } = event;
      const sound = typeof audio === 'string' ? sizeOfMedia(audio.length) : 0;
      const size = sound + sizeOf(rest, framing);
      return typeof type === 'string' && wholeType.test(type) ? said.raiseAll(size) : said.add(0, 0, size);
    },
  };
}
