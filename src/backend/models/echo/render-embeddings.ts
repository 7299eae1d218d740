import { asArray, asLimit, asText, type JsonObject } from '#shared/dialects/json-value.ts';
import { countTokens } from './echo-tokens.ts';

const defaultDimensions = 256;
const maxDimensions = 4096;

/** Vectors that depend only on the text: equal texts have equal vectors, and each has length one. */
export function renderEmbeddings(body: JsonObject): object {
  const inputs = textsOf(body['input']);
  const dimensions = Math.min(asLimit(body['dimensions']) ?? defaultDimensions, maxDimensions);
  const isBase64 = body['encoding_format'] === 'base64';
  const tokens = inputs.reduce((sum, text) => sum + Math.max(1, countTokens(text)), 0);
  return {
    object: 'list',
    data: inputs.map((text, index) => {
      const vector = vectorOf(text, dimensions);
      return {
        object: 'embedding',
        index,
        embedding: isBase64 ? Buffer.from(vector.buffer).toString('base64') : Array.from(vector),
      };
    }),
    model: asText(body['model']) ?? '',
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/** One text, several, one list of token numbers, or several: each list of numbers stands for one text. */
function textsOf(input: unknown): string[] {
  if (typeof input === 'string') return [input];
  const items = asArray(input);
  if (items.length > 0 && items.every((item) => typeof item === 'number')) return [items.join(' ')];
  return items.map((item) => (typeof item === 'string' ? item : asArray(item).join(' ')));
}

function vectorOf(text: string, dimensions: number): Float32Array {
  let state = 2166136261;
  for (let index = 0; index < text.length; index += 1)
    state = Math.imul(state ^ text.charCodeAt(index), 16777619) >>> 0;
  const vector = new Float32Array(dimensions);
  let squares = 0;
  for (let index = 0; index < dimensions; index += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const value = state / 2 ** 31 - 1;
    vector[index] = value;
    squares += value * value;
  }
  const length = Math.sqrt(squares) || 1;
  return vector.map((value) => value / length);
}
