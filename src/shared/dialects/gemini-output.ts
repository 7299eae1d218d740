import { asArray, asObject, type JsonObject } from './json-value.ts';
import { type OutputMeter, type ReplyShape, sizeOf } from './output-size.ts';

export const geminiShape: ReplyShape = {
  roots: new Set(['candidates']),
  framing: new Set([
    'id',
    'index',
    'role',
    'mimeType',
    'finishReason',
    'finishMessage',
    'language',
    'outcome',
    'fileUri',
    'thoughtSignature',
    // What a search found, and where the answer quotes it.
    'groundingMetadata',
    'citationMetadata',
    'urlContextMetadata',
    'safetyRatings',
    'logprobsResult',
  ]),
  usageMember: 'usageMetadata',
};

/** Every chunk has only what is new. */
export function createGeminiMeter(): OutputMeter {
  return { take: sizeOfGeminiReply };
}

export function sizeOfGeminiReply(reply: JsonObject): number {
  return asArray(reply['candidates']).reduce<number>(
    (size, value) => size + sizeOf(asObject(value), geminiShape.framing),
    0,
  );
}
